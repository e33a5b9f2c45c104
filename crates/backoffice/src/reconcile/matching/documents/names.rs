//! Names of parties as the trade writes them.
//!
//! A name is brought to a normal form: upper case, punctuation dropped, legal forms and filler
//! dropped, trade abbreviations written one way. Two names that still differ are compared by
//! their characters and words. Knows nothing of documents.

/// Words that do not tell one company from another.
const FILLER: [&str; 20] = [
    "LLC",
    "INC",
    "INCORPORATED",
    "CO",
    "CORP",
    "CORPORATION",
    "COMPANY",
    "LTD",
    "LIMITED",
    "LP",
    "LLP",
    "PLLC",
    "PC",
    "PLC",
    "AND",
    "THE",
    "OF",
    "GROUP",
    "L",
    "C",
];

/// Every spelling of a trade word, and the one we keep. Sorted by spelling.
const TRADE_WORDS: [(&str, &str); 118] = [
    ("ASPH", "ASPHALT"),
    ("ASSOC", "ASSOCIATES"),
    ("ASSOCS", "ASSOCIATES"),
    ("BLDG", "BUILDING"),
    ("BLDGS", "BUILDING"),
    ("BLDR", "BUILDERS"),
    ("BLDRS", "BUILDERS"),
    ("BROS", "BROTHERS"),
    ("BUILDER", "BUILDERS"),
    ("BUILDINGS", "BUILDING"),
    ("CARP", "CARPENTRY"),
    ("CLG", "COOLING"),
    ("CNTRS", "CONTRACTORS"),
    ("COMM", "COMMERCIAL"),
    ("CONC", "CONCRETE"),
    ("CONCR", "CONCRETE"),
    ("CONST", "CONSTRUCTION"),
    ("CONSTR", "CONSTRUCTION"),
    ("CONSTRUCTIONS", "CONSTRUCTION"),
    ("CONSTRUCTORS", "CONSTRUCTION"),
    ("CONTR", "CONTRACTORS"),
    ("CONTRACTING", "CONTRACTORS"),
    ("CONTRACTOR", "CONTRACTORS"),
    ("CONTRS", "CONTRACTORS"),
    ("DEMO", "DEMOLITION"),
    ("DEV", "DEVELOPMENT"),
    ("DIST", "DISTRIBUTORS"),
    ("DISTRIB", "DISTRIBUTORS"),
    ("DISTRIBUTING", "DISTRIBUTORS"),
    ("DISTRIBUTION", "DISTRIBUTORS"),
    ("DISTRIBUTOR", "DISTRIBUTORS"),
    ("DRYWL", "DRYWALL"),
    ("DW", "DRYWALL"),
    ("ELEC", "ELECTRIC"),
    ("ELECT", "ELECTRIC"),
    ("ELECTRICAL", "ELECTRIC"),
    ("ELECTRICS", "ELECTRIC"),
    ("ELEV", "ELEVATOR"),
    ("ELEVATORS", "ELEVATOR"),
    ("ENG", "ENGINEERING"),
    ("ENGINEERS", "ENGINEERING"),
    ("ENGR", "ENGINEERING"),
    ("ENT", "ENTERPRISES"),
    ("ENTERPRISE", "ENTERPRISES"),
    ("ENV", "ENVIRONMENTAL"),
    ("EQ", "EQUIPMENT"),
    ("EQPT", "EQUIPMENT"),
    ("EQUIP", "EQUIPMENT"),
    ("ERECT", "ERECTORS"),
    ("ERECTION", "ERECTORS"),
    ("EXC", "EXCAVATING"),
    ("EXCAV", "EXCAVATING"),
    ("EXCAVATION", "EXCAVATING"),
    ("EXCAVATORS", "EXCAVATING"),
    ("FAB", "FABRICATION"),
    ("FABRICATING", "FABRICATION"),
    ("FABRICATORS", "FABRICATION"),
    ("FDN", "FOUNDATION"),
    ("FDNS", "FOUNDATION"),
    ("FENCE", "FENCING"),
    ("FLOORS", "FLOORING"),
    ("FLR", "FLOORING"),
    ("FLRG", "FLOORING"),
    ("FND", "FOUNDATION"),
    ("FOUNDATIONS", "FOUNDATION"),
    ("GEN", "GENERAL"),
    ("GLAZ", "GLAZING"),
    ("HDWE", "HARDWARE"),
    ("HDWR", "HARDWARE"),
    ("HTG", "HEATING"),
    ("HTNG", "HEATING"),
    ("IND", "INDUSTRIES"),
    ("INDUSTRIAL", "INDUSTRIES"),
    ("INDUSTRY", "INDUSTRIES"),
    ("INSUL", "INSULATION"),
    ("INTL", "INTERNATIONAL"),
    ("LANDSC", "LANDSCAPING"),
    ("LANDSCAPE", "LANDSCAPING"),
    ("LBR", "LUMBER"),
    ("LNDSCP", "LANDSCAPING"),
    ("MACH", "MACHINERY"),
    ("MAINT", "MAINTENANCE"),
    ("MAS", "MASONRY"),
    ("MASON", "MASONRY"),
    ("MATERIAL", "MATERIALS"),
    ("MATL", "MATERIALS"),
    ("MATLS", "MATERIALS"),
    ("MECH", "MECHANICAL"),
    ("METALS", "METAL"),
    ("MFG", "MANUFACTURING"),
    ("MGMT", "MANAGEMENT"),
    ("MTL", "METAL"),
    ("MTLS", "METAL"),
    ("NATL", "NATIONAL"),
    ("PAINT", "PAINTING"),
    ("PAINTERS", "PAINTING"),
    ("PAV", "PAVING"),
    ("PLBG", "PLUMBING"),
    ("PLMBG", "PLUMBING"),
    ("PLUMB", "PLUMBING"),
    ("PROD", "PRODUCTS"),
    ("PRODS", "PRODUCTS"),
    ("PTG", "PAINTING"),
    ("REFRIG", "REFRIGERATION"),
    ("RFG", "ROOFING"),
    ("ROOF", "ROOFING"),
    ("SERV", "SERVICES"),
    ("SERVICE", "SERVICES"),
    ("SOL", "SOLUTIONS"),
    ("STL", "STEEL"),
    ("STRUCT", "STRUCTURAL"),
    ("SUP", "SUPPLY"),
    ("SVC", "SERVICES"),
    ("SVCS", "SERVICES"),
    ("SYS", "SYSTEMS"),
    ("SYSTEM", "SYSTEMS"),
    ("TECH", "TECHNOLOGIES"),
    ("WTRPRF", "WATERPROOFING"),
];

/// The normal form: kept words, one space between them. A name of filler only keeps its words.
pub(crate) fn normalise(name: &str) -> String {
    let mut cleaned = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            cleaned.push(character.to_ascii_uppercase());
        } else if character.is_alphanumeric() {
            cleaned.extend(character.to_uppercase());
        } else if !matches!(character, '.' | '\'' | '’') {
            // "L.L.C." is one word and so is "O'Brien"; anything else parts words.
            cleaned.push(' ');
        }
    }
    let mut kept = String::with_capacity(cleaned.len());
    for word in cleaned.split_ascii_whitespace() {
        if FILLER.contains(&word) {
            continue;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(trade_word(word));
    }
    if kept.is_empty() {
        for word in cleaned.split_ascii_whitespace() {
            if !kept.is_empty() {
                kept.push(' ');
            }
            kept.push_str(word);
        }
    }
    kept
}

/// The kept spelling of a trade word; other words are returned as they are.
fn trade_word(word: &str) -> &str {
    match TRADE_WORDS.binary_search_by_key(&word, |entry| entry.0) {
        Ok(at) => TRADE_WORDS[at].1,
        Err(_) => word,
    }
}

/// Whether two normal forms are one typing error apart: a character changed, added, lost, or two
/// neighbours swapped.
pub(crate) fn one_edit_apart(left: &str, right: &str) -> bool {
    let (long, short) = if left.len() >= right.len() {
        (left.as_bytes(), right.as_bytes())
    } else {
        (right.as_bytes(), left.as_bytes())
    };
    let extra = long.len() - short.len();
    if extra > 1 {
        return false;
    }
    let (_, prefix, suffix) = common_ends(long, short);
    if extra == 1 {
        return prefix + suffix >= short.len();
    }
    prefix + suffix + 1 >= short.len()
        || (prefix + suffix + 2 == short.len()
            && long[prefix] == short[prefix + 1]
            && long[prefix + 1] == short[prefix])
}

/// The length of the shorter text, and how many bytes the two share at the start and at the end.
fn common_ends(left: &[u8], right: &[u8]) -> (usize, usize, usize) {
    let prefix = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let ends = left.iter().rev().zip(right.iter().rev());
    (
        left.len().min(right.len()),
        prefix,
        ends.take_while(|(a, b)| a == b).count(),
    )
}

/// Whether one of two normal forms is the other with words left out, or differs from it by a typing
/// error in one word, so that they may be the same company.
pub(crate) fn alike(left: &str, right: &str) -> bool {
    if left.len() < 5 || right.len() < 5 {
        return false;
    }
    if one_edit_apart(left, right) {
        return true;
    }
    // A space or an end lost or added, as in `MILLWORKCO`.
    let (shorter, prefix, suffix) = common_ends(left.as_bytes(), right.as_bytes());
    if shorter >= 12 && prefix + suffix + 2 >= shorter && left.len().abs_diff(right.len()) <= 3 {
        return true;
    }
    let shared = left
        .split(' ')
        .filter(|word| {
            right.split(' ').any(|other| {
                *word == other || (word.len() > 4 && other.len() > 4 && one_edit_apart(word, other))
            })
        })
        .count();
    let (left_words, right_words) = (left.split(' ').count(), right.split(' ').count());
    let fewer = left_words.min(right_words);
    // The first word is the one that tells companies apart.
    let same_first = match (left.split(' ').next(), right.split(' ').next()) {
        (Some(first), Some(other)) => first == other || one_edit_apart(first, other),
        _ => false,
    };
    same_first && shared >= fewer && (fewer >= 2 || left_words.abs_diff(right_words) <= 1)
}

#[cfg(test)]
mod tests {
    use super::{TRADE_WORDS, alike, normalise, one_edit_apart};

    #[test]
    fn the_trade_words_are_sorted_and_lead_to_kept_spellings() {
        assert!(TRADE_WORDS.is_sorted());
        for (_, kept) in TRADE_WORDS {
            assert!(
                !TRADE_WORDS.iter().any(|(spelling, _)| *spelling == kept),
                "{kept}"
            );
        }
    }

    #[test]
    fn the_ways_people_write_one_company_have_one_normal_form() {
        for (left, right) in [
            ("Acme Constr. Co., Inc.", "ACME CONSTRUCTION"),
            ("Smith & Sons Elec, L.L.C.", "Smith and Sons Electrical"),
            ("O'Brien Mech", "OBRIEN MECHANICAL INC"),
            ("The Hill Group", "Hill"),
        ] {
            assert_eq!(normalise(left), normalise(right));
        }
        assert_eq!(normalise("CO LLC"), "CO LLC");
    }

    #[test]
    fn one_typing_error_is_seen_and_two_are_not() {
        assert!(one_edit_apart("ACME PAVING", "ACME PAVNIG"));
        assert!(one_edit_apart("ACME PAVING", "ACME PAVNG"));
        assert!(one_edit_apart("ACME PAVING", "ACNE PAVING"));
        assert!(!one_edit_apart("ACME PAVING", "ACNE PAVNG"));
    }

    #[test]
    fn a_name_with_a_word_left_out_is_alike_and_another_company_is_not() {
        assert!(alike(
            "HILL COUNTRY CONCRETE",
            "HILL COUNTRY CONCRETE TEXAS"
        ));
        assert!(alike(
            "SUPERIOR POINT MILLWORK",
            "SUPERIOR POINT MILLWORKCO"
        ));
        assert!(!alike("HILL COUNTRY CONCRETE", "RIVER CITY CONCRETE"));
        assert!(!alike("SMITH ELECTRIC", "SMITH PLUMBING"));
    }
}
