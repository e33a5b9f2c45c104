//! The query language: parsing ([`parse`]) and answering ([`run`]).

mod parse;
mod run;

pub(crate) use run::answer;

#[cfg(test)]
mod tests;
