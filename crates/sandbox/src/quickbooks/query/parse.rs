//! Statement text to a parsed statement (grammar in the reference, section 4).

use crate::quickbooks::fault::Fault;
use crate::quickbooks::kind::Kind;

/// A parsed `select`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) entity: Kind,
    pub(super) count: bool,
    pub(super) conditions: Vec<Condition>,
    /// Property and whether it descends.
    pub(super) order: Vec<(String, bool)>,
    pub(super) start: usize,
    pub(super) max: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) property: String,
    pub(super) operator: Operator,
    pub(super) values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    In,
    Like,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Symbol(&'static str),
}

const PAGE_DEFAULT: usize = 100;
const PAGE_CAP: usize = 1000;

/// Parses one statement.
pub(super) fn parse(statement: &str) -> Result<Statement, Fault> {
    let tokens = tokens(statement)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        statement,
    };
    parser.statement()
}

fn parse_error(statement: &str, near: &str) -> Fault {
    let shown: String = statement.chars().take(200).collect();
    Fault::validation(
        "4000",
        "Error parsing query",
        format!("QueryParserError: Encountered \"{near}\" in \"{shown}\""),
    )
}

pub(super) fn invalid(detail: impl Into<String>) -> Fault {
    let detail = detail.into();
    Fault::validation(
        "4001",
        "Invalid query",
        format!("QueryValidationError: {detail}"),
    )
}

fn tokens(statement: &str) -> Result<Vec<Token>, Fault> {
    let mut found = Vec::new();
    let mut chars = statement.chars().peekable();
    while let Some(&next) = chars.peek() {
        match next {
            ' ' | '\t' | '\r' | '\n' | ';' => {
                chars.next();
            }
            '\'' => {
                chars.next();
                found.push(Token::Text(quoted(&mut chars, statement)?));
            }
            '(' | ')' | ',' | '*' | '=' => {
                chars.next();
                found.push(Token::Symbol(match next {
                    '(' => "(",
                    ')' => ")",
                    ',' => ",",
                    '*' => "*",
                    _ => "=",
                }));
            }
            '<' | '>' => {
                chars.next();
                let wide = chars.next_if_eq(&'=').is_some();
                found.push(Token::Symbol(match (next, wide) {
                    ('<', false) => "<",
                    ('<', true) => "<=",
                    ('>', false) => ">",
                    _ => ">=",
                }));
            }
            c if c.is_alphanumeric() || "._-+:".contains(c) => {
                let mut word = String::new();
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || "._-+:".contains(*c)) {
                    word.push(c);
                }
                found.push(Token::Word(word));
            }
            other => return Err(parse_error(statement, &other.to_string())),
        }
    }
    Ok(found)
}

fn quoted(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    statement: &str,
) -> Result<String, Fault> {
    let mut text = String::new();
    loop {
        match chars.next() {
            Some('\'') => return Ok(text),
            Some('\\') => text.extend(chars.next()),
            Some(c) => text.push(c),
            None => return Err(parse_error(statement, "<EOF>")),
        }
    }
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    statement: &'a str,
}

impl Parser<'_> {
    fn statement(&mut self) -> Result<Statement, Fault> {
        self.expect_word("select")?;
        let count = self.projection()?;
        self.expect_word("from")?;
        let name = self.word()?;
        let entity = Kind::parse(&name).ok_or_else(|| invalid(format!("unknown entity {name}")))?;
        let mut parsed = Statement {
            entity,
            count,
            conditions: Vec::new(),
            order: Vec::new(),
            start: 1,
            max: PAGE_DEFAULT,
        };
        if self.take_word("where") {
            parsed.conditions.push(self.condition()?);
            while self.take_word("and") {
                parsed.conditions.push(self.condition()?);
            }
        }
        if self.take_word("orderby") || (self.take_word("order") && self.take_word("by")) {
            parsed.order = self.order()?;
        }
        while self.at < self.tokens.len() {
            if self.take_word("startposition") {
                parsed.start = self.number()?;
            } else if self.take_word("maxresults") {
                parsed.max = self.number()?.min(PAGE_CAP);
            } else {
                return Err(parse_error(self.statement, &self.shown()));
            }
        }
        if parsed.start == 0 {
            return Err(invalid("startPosition must be 1 or more"));
        }
        Ok(parsed)
    }

    /// The projection is read and ignored; only a count changes the answer.
    fn projection(&mut self) -> Result<bool, Fault> {
        if self.take_word("count") {
            for symbol in ["(", "*", ")"] {
                self.expect_symbol(symbol)?;
            }
            return Ok(true);
        }
        loop {
            if !self.take_symbol("*") {
                self.word()?;
            }
            if !self.take_symbol(",") {
                return Ok(false);
            }
        }
    }

    fn condition(&mut self) -> Result<Condition, Fault> {
        let property = self.word()?;
        if self.take_word("in") {
            self.expect_symbol("(")?;
            let mut values = vec![self.value()?];
            while self.take_symbol(",") {
                values.push(self.value()?);
            }
            self.expect_symbol(")")?;
            return Ok(Condition {
                property,
                operator: Operator::In,
                values,
            });
        }
        if self.take_word("like") {
            let values = vec![self.value()?];
            return Ok(Condition {
                property,
                operator: Operator::Like,
                values,
            });
        }
        let operators = [
            ("=", Operator::Equal),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        for (symbol, operator) in operators {
            if self.take_symbol(symbol) {
                let values = vec![self.value()?];
                return Ok(Condition {
                    property,
                    operator,
                    values,
                });
            }
        }
        Err(parse_error(self.statement, &self.shown()))
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, Fault> {
        let mut order = Vec::new();
        loop {
            let property = self.word()?;
            let descending = self.take_word("desc");
            if !descending {
                self.take_word("asc");
            }
            order.push((property, descending));
            if !self.take_symbol(",") {
                return Ok(order);
            }
        }
    }

    fn value(&mut self) -> Result<String, Fault> {
        match self.tokens.get(self.at) {
            Some(Token::Text(text) | Token::Word(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(parse_error(self.statement, &self.shown())),
        }
    }

    fn number(&mut self) -> Result<usize, Fault> {
        let word = self.word()?;
        word.parse()
            .map_err(|_| invalid(format!("{word} is not a number")))
    }

    fn word(&mut self) -> Result<String, Fault> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(parse_error(self.statement, &self.shown())),
        }
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn expect_word(&mut self, wanted: &str) -> Result<(), Fault> {
        if self.take_word(wanted) {
            Ok(())
        } else {
            Err(parse_error(self.statement, &self.shown()))
        }
    }

    fn take_symbol(&mut self, wanted: &str) -> bool {
        let found =
            matches!(self.tokens.get(self.at), Some(Token::Symbol(symbol)) if *symbol == wanted);
        self.at += usize::from(found);
        found
    }

    fn expect_symbol(&mut self, wanted: &str) -> Result<(), Fault> {
        if self.take_symbol(wanted) {
            Ok(())
        } else {
            Err(parse_error(self.statement, &self.shown()))
        }
    }

    fn shown(&self) -> String {
        match self.tokens.get(self.at) {
            Some(Token::Word(text) | Token::Text(text)) => text.clone(),
            Some(Token::Symbol(symbol)) => (*symbol).to_owned(),
            None => "<EOF>".to_owned(),
        }
    }
}
