//! A QR code as SVG, drawn here so that no outside host ever sees a secret.

use qrcode::{Color, EcLevel, QrCode};

/// The standard asks for four light modules around the code.
const QUIET: usize = 4;

/// The code of a text; none when the text is too long for one.
#[must_use]
pub fn svg(text: &str, title: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (index % width + QUIET, index / width + QUIET);
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    let side = width + 2 * QUIET;
    // Dark on light in both themes: cameras expect it.
    Some(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" width=\"220\" height=\"220\" role=\"img\" \
         aria-label=\"{title}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finder_patterns_stand_in_three_corners() {
        let svg = svg("otpauth://totp/a?secret=MZXW6", "Code").unwrap();
        let side: usize = svg
            .split("0 0 ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let far = side - QUIET - 7;
        for (x, y) in [(4, 4), (far, 4), (4, far)] {
            for along in 0..7 {
                assert!(svg.contains(&format!("M{} {}h1", x + along, y)), "{x} {y}");
            }
            assert!(!svg.contains(&format!("M{} {}h1", x + 1, y + 1)));
        }
        assert!(!svg.contains("style"));
    }
}
