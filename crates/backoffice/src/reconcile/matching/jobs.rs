//! Which QuickBooks customers are which Procore project.
//!
//! One project may have several customers (reported as R11); a customer has one project. The
//! order is: what a person decided, a link, a number in the customer's name, the name itself.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use figures::model::{Customer, LedgerBooks, Project, ProjectBooks};
use figures::source::SourceRef;
use rustc_hash::FxHashMap;

use super::decisions::Decisions;
use super::documents::names;
use super::job_names::{
    carries, distinct_words, name_score, numbers, numbers_in, own_name, without_copy_mark,
};
use super::{job_evidence, links};
use crate::reconcile::result::{Candidate, Pair, PairBasis, PairKind, Question, Score, Side};

/// From this score on a name alone makes a pair.
const ACCEPT: u16 = 8_000;
/// From this score on a person is asked.
const ASK: u16 = 5_500;
/// The best name must lead the next by this much.
const LEAD: u16 = 600;

/// The mapping of jobs.
#[derive(Debug, Clone, Default)]
pub(crate) struct JobMap {
    /// Customers of each project, the main one first.
    pub(crate) customers: BTreeMap<i64, Vec<SmolStr>>,
    /// Project of each mapped customer, descendants included.
    by_customer: FxHashMap<SmolStr, i64>,
    /// Pairs for the result.
    pub(crate) pairs: Vec<Pair>,
    /// Projects that may belong to several customers, or customers to several projects.
    pub(crate) questions: Vec<Question>,
    /// Customers whose documents were looked at, because nothing else told their project.
    pub(crate) by_evidence: BTreeSet<SmolStr>,
}

impl JobMap {
    /// The project that a customer, or its nearest mapped ancestor, stands for.
    pub(crate) fn project_of(&self, customer: &str) -> Option<i64> {
        self.by_customer.get(customer).copied()
    }
}

/// One way in which a customer may be a project.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Claim {
    basis: PairBasis,
    score: u16,
    evidence: String,
}

/// Maps projects to customers.
pub(crate) fn map(books: &ProjectBooks, ledger: &LedgerBooks, decisions: &Decisions) -> JobMap {
    let customers = ledger.customers.as_slice();
    let projects: Vec<&Project> = books
        .projects
        .iter()
        .filter(|project| !project.deleted)
        .collect();
    let mut claims: BTreeMap<(i64, &str), Claim> = BTreeMap::new();
    let known: BTreeMap<&str, &Customer> = customers
        .iter()
        .map(|customer| (customer.id.as_str(), customer))
        .collect();

    claim_decided(&mut claims, &projects, &known, decisions);
    claim_links(&mut claims, &projects, &known);
    let words = CustomerWords::new(customers);
    claim_numbers(&mut claims, &projects, &words);
    let asked = claim_names(&mut claims, &projects, &words);
    let by_evidence = free_customers(&claims, &words);
    claim_evidence(&mut claims, &projects, &words, books, ledger);
    claim_extras(&mut claims, &projects, &words);
    claim_further(&mut claims, &words, books, ledger);
    claims.retain(|(project, customer), claim| {
        claim.basis == PairBasis::Confirmed
            || !decisions.refuses(
                PairKind::Job,
                &project_ref(*project),
                &customer_ref(customer),
            )
    });
    let mut map = settle(claims, asked, customers);
    map.by_evidence = by_evidence.into_iter().map(SmolStr::new).collect();
    map
}

fn project_ref(id: i64) -> SourceRef {
    SourceRef::procore("project", id)
}

fn customer_ref(id: &str) -> SourceRef {
    SourceRef::quickbooks("Customer", id)
}

fn claim_decided<'a>(
    claims: &mut BTreeMap<(i64, &'a str), Claim>,
    projects: &[&Project],
    known: &BTreeMap<&'a str, &'a Customer>,
    decisions: &Decisions,
) {
    for decision in decisions.confirmed_of(PairKind::Job) {
        let project = projects
            .iter()
            .find(|one| decision.procore.id == one.id.to_string());
        let customer = known.get_key_value(decision.quickbooks.id.as_str());
        if let (Some(project), Some((customer, _))) = (project, customer) {
            let evidence = "a person confirmed it".to_owned();
            let claim = Claim {
                basis: PairBasis::Confirmed,
                score: 10_000,
                evidence,
            };
            claims.insert((project.id, customer), claim);
        }
    }
}

fn claim_links<'a>(
    claims: &mut BTreeMap<(i64, &'a str), Claim>,
    projects: &[&Project],
    known: &BTreeMap<&'a str, &'a Customer>,
) {
    for project in projects {
        let Some(link) = links::parse_plain(&project.origin_id) else {
            continue;
        };
        if let Some((customer, _)) = known.get_key_value(link) {
            let evidence = format!("Procore's external id names customer {link}");
            let claim = Claim {
                basis: PairBasis::Link,
                score: 9_900,
                evidence,
            };
            claims.entry((project.id, customer)).or_insert(claim);
        }
    }
}

/// Customers by the words of their names.
struct CustomerWords<'a> {
    customers: Vec<(&'a Customer, String)>,
    by_word: BTreeMap<String, Vec<usize>>,
}

impl<'a> CustomerWords<'a> {
    fn new(customers: &'a [Customer]) -> Self {
        let parents: BTreeSet<&str> = customers
            .iter()
            .filter_map(|customer| customer.parent.as_deref())
            .collect();
        let mut named = Vec::new();
        let mut by_word: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for customer in customers {
            // An owner with jobs below it is the owner, not a job.
            if !customer.is_job && parents.contains(customer.id.as_str()) {
                continue;
            }
            let normal = names::normalise(own_name(&customer.name));
            for word in distinct_words(&normal) {
                by_word
                    .entry(word.to_owned())
                    .or_default()
                    .push(named.len());
            }
            named.push((customer, normal));
        }
        Self {
            customers: named,
            by_word,
        }
    }

    /// Customers that share a word which few customers have, as places.
    fn sharing(&self, normal: &str) -> BTreeSet<usize> {
        let mut lists: Vec<&Vec<usize>> = distinct_words(normal)
            .iter()
            .filter_map(|word| self.by_word.get(*word))
            .collect();
        lists.sort_by_key(|list| list.len());
        let mut found = BTreeSet::new();
        for (place, list) in lists.iter().enumerate() {
            // The rarest word always counts; commoner ones only while they stay selective.
            if place == 0 || list.len() <= 40 {
                found.extend(list.iter().take(400));
            }
        }
        found
    }
}

fn claim_numbers<'a>(
    claims: &mut BTreeMap<(i64, &'a str), Claim>,
    projects: &[&Project],
    words: &CustomerWords<'a>,
) {
    let mut by_number: BTreeMap<String, Vec<&Project>> = BTreeMap::new();
    for project in projects {
        for number in numbers(project) {
            by_number.entry(number).or_default().push(project);
        }
    }
    for (customer, normal) in &words.customers {
        for number in numbers_in(own_name(&customer.name)) {
            let Some(projects) = by_number.get(&number) else {
                continue;
            };
            for project in projects {
                if !carries(own_name(&customer.name), &number) {
                    continue;
                }
                let likeness = name_score(&names::normalise(&project.name), normal);
                let evidence = format!("the customer's name carries project number {number}");
                let score = 9_000 + likeness / 12;
                claims
                    .entry((project.id, customer.id.as_str()))
                    .or_insert(Claim {
                        basis: PairBasis::Number,
                        score,
                        evidence,
                    });
            }
        }
    }
}

fn claim_names<'a>(
    claims: &mut BTreeMap<(i64, &'a str), Claim>,
    projects: &[&Project],
    words: &CustomerWords<'a>,
) -> Vec<(i64, Vec<(&'a str, u16)>)> {
    let claimed_customers: BTreeSet<&str> = claims.keys().map(|(_, customer)| *customer).collect();
    let claimed_projects: BTreeSet<i64> = claims.keys().map(|(project, _)| *project).collect();
    let mut scored: Vec<(u16, i64, &str)> = Vec::new();
    for project in projects
        .iter()
        .filter(|project| !claimed_projects.contains(&project.id))
    {
        let normal = names::normalise(&project.name);
        for place in words.sharing(&normal) {
            let (customer, other) = &words.customers[place];
            if !claimed_customers.contains(customer.id.as_str()) {
                let score = name_score(&normal, other);
                if score >= ASK {
                    scored.push((score, project.id, customer.id.as_str()));
                }
            }
        }
    }
    // Best first; a pair is certain when neither side has another partner nearly as good.
    scored.sort_by(|one, other| {
        other
            .0
            .cmp(&one.0)
            .then_with(|| one.1.cmp(&other.1))
            .then_with(|| one.2.cmp(other.2))
    });
    let mut taken: (BTreeSet<i64>, BTreeSet<&str>) = Default::default();
    let mut asked = Vec::new();
    for &(score, project, customer) in &scored {
        if taken.0.contains(&project) || taken.1.contains(customer) {
            continue;
        }
        let rivals: Vec<(&str, u16)> = scored
            .iter()
            .filter(|(_, one, other)| *one == project && !taken.1.contains(other))
            .map(|(score, _, other)| (*other, *score))
            .collect();
        let rival_projects = scored
            .iter()
            .filter(|(other, one, same)| {
                *same == customer
                    && *one != project
                    && !taken.0.contains(one)
                    && *other + LEAD > score
            })
            .count();
        let close = rivals
            .iter()
            .filter(|(_, other)| *other + LEAD > score)
            .count();
        taken.0.insert(project);
        if score >= ACCEPT && close <= 1 && rival_projects == 0 {
            taken.1.insert(customer);
            let evidence = "the names agree".to_owned();
            claims.insert(
                (project, customer),
                Claim {
                    basis: PairBasis::Scored,
                    score,
                    evidence,
                },
            );
        } else {
            asked.push((project, rivals));
        }
    }
    asked
}

/// Projects that no name placed, by the documents they share with customers that are free.
fn claim_evidence<'a>(
    claims: &mut BTreeMap<(i64, &'a str), Claim>,
    projects: &[&Project],
    words: &CustomerWords<'a>,
    books: &ProjectBooks,
    ledger: &'a LedgerBooks,
) {
    let placed: BTreeSet<i64> = claims.keys().map(|(project, _)| *project).collect();
    let open: BTreeSet<i64> = projects
        .iter()
        .map(|project| project.id)
        .filter(|id| !placed.contains(id))
        .collect();
    let shared = job_evidence::shared(books, ledger, &open, &free_customers(claims, words));
    for (project, customer, count) in job_evidence::decided(shared) {
        claims.insert((project, customer), by_documents(count));
    }
}

/// Customers without a project that share documents with a project of the same owner.
fn claim_further<'a>(
    claims: &mut BTreeMap<(i64, &'a str), Claim>,
    words: &CustomerWords<'a>,
    books: &ProjectBooks,
    ledger: &'a LedgerBooks,
) {
    let placed: BTreeSet<i64> = claims.keys().map(|(project, _)| *project).collect();
    let parents: BTreeMap<&str, Option<&str>> = ledger
        .customers
        .iter()
        .map(|customer| (customer.id.as_str(), customer.parent.as_deref()))
        .collect();
    let free: BTreeSet<&str> = free_customers(claims, words)
        .into_iter()
        .filter(|customer| parents.get(customer).is_some_and(Option::is_some))
        .collect();
    for (project, customer, count) in
        job_evidence::further(job_evidence::shared(books, ledger, &placed, &free))
    {
        let same_owner = claims
            .keys()
            .any(|(other, held)| *other == project && parents.get(held) == parents.get(customer));
        if same_owner {
            claims.insert((project, customer), by_documents(count));
        }
    }
}

fn by_documents(count: u32) -> Claim {
    let evidence = format!("{count} of their documents agree to the cent");
    Claim {
        basis: PairBasis::Scored,
        score: 9_000,
        evidence,
    }
}

/// Customers that may be jobs and are claimed by no project.
fn free_customers<'a>(
    claims: &BTreeMap<(i64, &'a str), Claim>,
    words: &CustomerWords<'a>,
) -> BTreeSet<&'a str> {
    let claimed: BTreeSet<&str> = claims.keys().map(|(_, customer)| *customer).collect();
    words
        .customers
        .iter()
        .map(|(customer, _)| customer.id.as_str())
        .filter(|customer| !claimed.contains(customer))
        .collect()
}

/// Further customers of a project that has one already: below the same owner, under the same name.
fn claim_extras<'a>(
    claims: &mut BTreeMap<(i64, &'a str), Claim>,
    projects: &[&Project],
    words: &CustomerWords<'a>,
) {
    let parent_of: BTreeMap<&str, Option<&str>> = words
        .customers
        .iter()
        .map(|(customer, _)| (customer.id.as_str(), customer.parent.as_deref()))
        .collect();
    let claimed: BTreeSet<&str> = claims.keys().map(|(_, customer)| *customer).collect();
    let mut owners: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for (project, customer) in claims.keys() {
        owners
            .entry(*project)
            .or_default()
            .extend(parent_of.get(customer).copied().flatten());
    }
    let mut extras: BTreeMap<&'a str, (u16, i64)> = BTreeMap::new();
    let normal_of: BTreeMap<&str, &str> = words
        .customers
        .iter()
        .map(|(customer, normal)| (customer.id.as_str(), normal.as_str()))
        .collect();
    let mut known_names: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for (project, customer) in claims.keys() {
        let name = normal_of.get(customer).map(|name| (*name).to_owned());
        known_names.entry(*project).or_default().extend(name);
    }
    for project in projects {
        let Some(owners) = owners.get(&project.id) else {
            continue;
        };
        let names_of = known_names.entry(project.id).or_default();
        names_of.insert(names::normalise(&project.name));
        let places: BTreeSet<usize> = names_of
            .iter()
            .flat_map(|name| words.sharing(name))
            .collect();
        for place in places {
            let (customer, _) = &words.customers[place];
            let same_owner = customer
                .parent
                .as_deref()
                .is_some_and(|parent| owners.contains(parent));
            let other = names::normalise(without_copy_mark(own_name(&customer.name)));
            let score = names_of
                .iter()
                .map(|name| name_score(name, &other))
                .max()
                .unwrap_or_default();
            if same_owner && score >= ACCEPT && !claimed.contains(customer.id.as_str()) {
                let held = extras
                    .entry(customer.id.as_str())
                    .or_insert((score, project.id));
                *held = (*held).max((score, project.id));
            }
        }
    }
    for (customer, (score, project)) in extras {
        let evidence = "it has the same owner and the same name".to_owned();
        claims.insert(
            (project, customer),
            Claim {
                basis: PairBasis::Scored,
                score,
                evidence,
            },
        );
    }
}

/// Gives each customer its best project and each project its customers.
fn settle(
    claims: BTreeMap<(i64, &str), Claim>,
    asked: Vec<(i64, Vec<(&str, u16)>)>,
    customers: &[Customer],
) -> JobMap {
    let mut best: BTreeMap<&str, (i64, Claim)> = BTreeMap::new();
    for ((project, customer), claim) in claims {
        let better = best.get(customer).is_none_or(|(_, held)| {
            (claim.basis, std::cmp::Reverse(claim.score))
                < (held.basis, std::cmp::Reverse(held.score))
        });
        if better {
            best.insert(customer, (project, claim));
        }
    }
    let parents: BTreeMap<&str, &str> = customers
        .iter()
        .filter_map(|customer| Some((customer.id.as_str(), customer.parent.as_deref()?)))
        .collect();
    // A descendant belongs to its ancestor's project without being a customer of its own.
    let below = |customer: &str, project: i64| {
        std::iter::successors(parents.get(customer), |at| parents.get(*at))
            .take(6)
            .any(|ancestor| {
                best.get(ancestor)
                    .is_some_and(|(other, _)| *other == project)
            })
    };
    let mut by_project: BTreeMap<i64, Vec<(&str, Claim)>> = BTreeMap::new();
    for (customer, (project, claim)) in &best {
        if !below(customer, *project) {
            by_project
                .entry(*project)
                .or_default()
                .push((customer, claim.clone()));
        }
    }
    let active: BTreeMap<&str, bool> = customers
        .iter()
        .map(|customer| (customer.id.as_str(), customer.active))
        .collect();
    let mut map = JobMap::default();
    for (project, mut claims) in by_project {
        claims.sort_by(|(one, left), (other, right)| {
            left.basis
                .cmp(&right.basis)
                .then_with(|| active.get(other).cmp(&active.get(one)))
                .then_with(|| right.score.cmp(&left.score))
                .then_with(|| one.len().cmp(&other.len()).then_with(|| one.cmp(other)))
        });
        let ids: Vec<SmolStr> = claims
            .iter()
            .map(|(customer, _)| SmolStr::new(customer))
            .collect();
        for id in &ids {
            map.by_customer.insert(id.clone(), project);
        }
        let (_, first) = &claims[0];
        map.pairs.push(Pair {
            kind: PairKind::Job,
            procore: vec![Side::from(&project_ref(project))],
            quickbooks: ids.iter().map(|id| Side::from(&customer_ref(id))).collect(),
            basis: first.basis,
            score: Score(first.score),
            evidence: SmolStr::new(&first.evidence),
        });
        map.customers.insert(project, ids);
    }
    map.questions = asked
        .into_iter()
        .filter(|(project, _)| !map.customers.contains_key(project))
        .map(|(project, rivals)| question(project, &rivals))
        .collect();
    map_descendants(&mut map, customers);
    map
}

fn question(project: i64, rivals: &[(&str, u16)]) -> Question {
    let candidates = rivals
        .iter()
        .take(5)
        .map(|(customer, score)| Candidate {
            record: customer_ref(customer),
            score: Score(*score),
            evidence: "the names are alike".to_owned(),
        })
        .collect();
    Question {
        id: figures::SmolStr::new(format!("qst_job_{project}")),
        kind: PairKind::Job,
        about: project_ref(project),
        candidates,
        text: format!("Which QuickBooks customer is Procore project {project}?"),
    }
}

/// A descendant belongs to its nearest mapped ancestor.
fn map_descendants(map: &mut JobMap, customers: &[Customer]) {
    let parents: BTreeMap<&str, &str> = customers
        .iter()
        .filter_map(|customer| Some((customer.id.as_str(), customer.parent.as_deref()?)))
        .collect();
    for customer in customers {
        let mut at = customer.id.as_str();
        // Five levels is the deepest tree QuickBooks allows; a cycle ends here too.
        for _ in 0..6 {
            if let Some(project) = map.by_customer.get(at).copied() {
                map.by_customer.insert(customer.id.clone(), project);
                break;
            }
            match parents.get(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
    }
}
