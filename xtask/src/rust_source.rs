//! Rust text split into code and comments, line for line.
//!
//! The rules look for words, and a word in a string or in an explanation is not the thing itself.
//! This is a scanner of tokens that may hide text (strings, characters, comments), not a parser.

/// One Rust file: the same lines twice, each with the other part blanked out.
#[derive(Debug)]
pub(crate) struct RustSource {
    /// Code with comments removed and the inside of strings blanked.
    pub(crate) code: Vec<String>,
    /// Comments of all kinds, documentation included.
    pub(crate) comments: Vec<String>,
    /// Whether the line belongs to an item under `#[cfg(test)]`.
    pub(crate) in_test: Vec<bool>,
}

impl RustSource {
    pub(crate) fn scan(text: &str) -> Self {
        let (code, comments) = split(text);
        let code: Vec<String> = code.split('\n').map(str::to_owned).collect();
        let comments = comments.split('\n').map(str::to_owned).collect();
        let in_test = test_lines(&code);
        Self {
            code,
            comments,
            in_test,
        }
    }

    /// Code outside tests, with line numbers counted from 1.
    pub(crate) fn shipped_code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code
            .iter()
            .zip(&self.in_test)
            .enumerate()
            .filter(|(_, (_, in_test))| !**in_test)
            .map(|(index, (line, _))| (index + 1, line.as_str()))
    }

    /// Names of modules that exist only in tests: `#[cfg(test)] mod name;`.
    pub(crate) fn test_modules(&self) -> Vec<&str> {
        self.code
            .iter()
            .zip(&self.in_test)
            .filter(|(_, in_test)| **in_test)
            .filter_map(|(line, _)| module_declared(line))
            .collect()
    }
}

/// The name in `mod name;`, whatever its visibility.
fn module_declared(line: &str) -> Option<&str> {
    let line = line.trim().strip_suffix(';')?;
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1.trim_start(),
        Some(rest) => rest.trim_start(),
        None => line,
    };
    line.strip_prefix("mod ").map(str::trim)
}

/// Marks the items that follow `#[cfg(test)]`, by the indentation that rustfmt guarantees.
fn test_lines(code: &[String]) -> Vec<bool> {
    let mut marks = vec![false; code.len()];
    let mut index = 0;
    while index < code.len() {
        let line = &code[index];
        let start = index;
        index += 1;
        if !line.trim_start().starts_with("#[cfg(test)]") {
            continue;
        }
        let indent = indentation(line);
        let mut braced = false;
        while index < code.len() && !ends_item(&code[index], indent, braced) {
            braced |= indentation(&code[index]) == indent && code[index].trim_end().ends_with('{');
            index += 1;
        }
        let end = index.min(code.len() - 1);
        marks[start..=end].fill(true);
        index = end + 1;
    }
    marks
}

/// The last line of an item at this indentation: its closing brace once it has opened one, else
/// a line that ends a declaration. A string may bring any other line back to the margin.
fn ends_item(line: &str, indent: usize, braced: bool) -> bool {
    let body = line.trim();
    if body.is_empty() || indentation(line) != indent || body.starts_with("#[") {
        return false;
    }
    if braced {
        body.starts_with('}')
    } else {
        body.ends_with(';') || body.ends_with('}')
    }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// What the scanner is inside of.
enum State {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text { raw_hashes: Option<usize> },
}

fn split(text: &str) -> (String, String) {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut comments = String::new();
    let mut state = State::Code;
    let mut at = 0;
    while let Some(&here) = characters.get(at) {
        let next = characters.get(at + 1).copied();
        if here == '\n' {
            code.push('\n');
            comments.push('\n');
            if matches!(state, State::LineComment) {
                state = State::Code;
            }
            at += 1;
            continue;
        }
        let used = match &mut state {
            State::LineComment => {
                comments.push(here);
                1
            }
            State::BlockComment { depth } => {
                let used = match (here, next) {
                    ('/', Some('*')) => {
                        *depth += 1;
                        2
                    }
                    ('*', Some('/')) => {
                        *depth -= 1;
                        2
                    }
                    _ => 1,
                };
                comments.push(here);
                if *depth == 0 {
                    state = State::Code;
                }
                used
            }
            State::Text { raw_hashes: None } if here == '\\' && next != Some('\n') => 2,
            State::Text { raw_hashes } => {
                let closing = raw_hashes.unwrap_or(0);
                if here == '"' && (1..=closing).all(|k| characters.get(at + k) == Some(&'#')) {
                    code.push('"');
                    state = State::Code;
                    1 + closing
                } else {
                    1
                }
            }
            State::Code => {
                let (opened, used) = open(&characters, at, &mut code, &mut comments);
                if let Some(opened) = opened {
                    state = opened;
                }
                used
            }
        };
        at += used;
    }
    (code, comments)
}

/// One step in code: what it opens, if anything, and how many characters it takes.
fn open(
    characters: &[char],
    at: usize,
    code: &mut String,
    comments: &mut String,
) -> (Option<State>, usize) {
    let here = characters[at];
    let next = characters.get(at + 1).copied();
    match (here, next) {
        ('/', Some('/')) => {
            comments.push_str("//");
            (Some(State::LineComment), 2)
        }
        ('/', Some('*')) => {
            comments.push_str("/*");
            (Some(State::BlockComment { depth: 1 }), 2)
        }
        ('"', _) => {
            code.push('"');
            (Some(State::Text { raw_hashes: None }), 1)
        }
        ('r', Some('"' | '#')) if !continues_a_word(characters, at) => {
            let hashes = characters[at + 1..]
                .iter()
                .take_while(|c| **c == '#')
                .count();
            if characters.get(at + 1 + hashes) == Some(&'"') {
                code.push('"');
                (
                    Some(State::Text {
                        raw_hashes: Some(hashes),
                    }),
                    hashes + 2,
                )
            } else {
                code.push(here);
                (None, 1)
            }
        }
        ('\'', _) => {
            code.push(here);
            (None, character_literal(characters, at).unwrap_or(1))
        }
        _ => {
            code.push(here);
            (None, 1)
        }
    }
}

/// Whether the letter before belongs to the same word; `br"…"` counts as opening a raw string.
fn continues_a_word(characters: &[char], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|index| characters.get(index));
    match before(1) {
        Some('b' | 'c') => before(2).is_some_and(|c| c.is_alphanumeric() || *c == '_'),
        Some(c) => c.is_alphanumeric() || *c == '_',
        None => false,
    }
}

/// Length of a character literal at this quote, or none when it is a lifetime.
fn character_literal(characters: &[char], at: usize) -> Option<usize> {
    if characters.get(at + 1) == Some(&'\\') {
        let close = characters[at + 3..]
            .iter()
            .take(10)
            .position(|c| *c == '\'')?;
        return Some(close + 4);
    }
    (characters.get(at + 2) == Some(&'\'')).then_some(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, code: &str, comments: &str) {
        let source = RustSource::scan(text);
        assert_eq!(source.code.join("\n"), code, "code of {text}");
        assert_eq!(source.comments.join("\n"), comments, "comments of {text}");
    }

    #[test]
    fn comments_and_strings_are_kept_apart_from_code() {
        check("let a = 1; // one", "let a = 1; ", "// one");
        check("say(\"a // b\");", "say(\"\");", "");
        check("/* a /* b */ c */ d", " d", "/* a / b * c *");
    }

    #[test]
    fn quotes_inside_strings_and_characters_do_not_open_a_string() {
        check("let q = '\"'; f(\"\\\"x\");", "let q = '; f(\"\");", "");
        check("let q = '\\''; g('a');", "let q = '; g(');", "");
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}", "");
        check("let u = '\\u{1F600}'; h()", "let u = '; h()", "");
    }

    #[test]
    fn raw_strings_end_at_their_own_number_of_hashes() {
        check("r#\"a \" // b\"# + c", "\"\" + c", "");
        check("br\"x\" + r", "b\"\" + r", "");
        check("let for_r = r#type;", "let for_r = r#type;", "");
    }

    #[test]
    fn a_string_over_two_lines_keeps_the_line_numbers() {
        let source = RustSource::scan("a(\"x\n// y\");\nb();");
        assert_eq!(source.code, ["a(\"", "\");", "b();"]);
    }

    #[test]
    fn everything_under_cfg_test_is_test_and_what_follows_is_not() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n";
        let source = RustSource::scan(text);
        let shipped: Vec<usize> = source.shipped_code().map(|(line, _)| line).collect();
        assert_eq!(shipped, [1, 7, 8]);
    }

    #[test]
    fn a_string_that_ends_at_the_margin_does_not_end_the_tests() {
        let text = "#[cfg(test)]\nmod tests {\n    const A: &str = \"\n}\n\";\n    b();\n}\nc();";
        let source = RustSource::scan(text);
        assert_eq!(source.shipped_code().collect::<Vec<_>>(), [(8, "c();")]);
    }

    #[test]
    fn a_test_module_in_its_own_file_is_named() {
        let source = RustSource::scan("mod a;\n#[cfg(test)]\npub(crate) mod fixtures;\nmod b;\n");
        assert_eq!(source.test_modules(), ["fixtures"]);
        assert_eq!(module_declared("pub mod money;"), Some("money"));
        assert_eq!(module_declared("pub(crate) mod money;"), Some("money"));
        assert_eq!(module_declared("mod tests {"), None);
    }
}
