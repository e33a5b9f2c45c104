//! Which QuickBooks vendors and customers are which companies of Procore's directory.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use figures::model::{Customer, LedgerBooks, ProjectBooks};
use figures::source::SourceRef;
use rustc_hash::FxHashMap;

use super::decisions::Decisions;
use super::documents::names;
use super::job_names::name_score;
use super::jobs::JobMap;
use super::links;
use crate::reconcile::result::{Pair, PairBasis, PairKind, Score, Side};

/// From this score on a name alone makes a pair.
const ACCEPT: u16 = 8_300;
/// The best name must lead the next by this much.
const LEAD: u16 = 500;

/// The mapping of companies. Each has one number, the same on both sides.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartyMap {
    by_company: FxHashMap<i64, u32>,
    by_vendor: FxHashMap<SmolStr, u32>,
    /// Vendors of each company that is paired.
    pub(crate) vendors: FxHashMap<i64, Vec<SmolStr>>,
    /// Company of each vendor that is paired.
    pub(crate) companies: FxHashMap<SmolStr, i64>,
    /// Pairs for the result.
    pub(crate) pairs: Vec<Pair>,
}

impl PartyMap {
    /// The number of a company in Procore's directory.
    pub(crate) fn company(&self, id: Option<i64>) -> u32 {
        id.and_then(|id| self.by_company.get(&id))
            .copied()
            .unwrap_or(u32::MAX)
    }

    /// The number of a QuickBooks vendor.
    pub(crate) fn vendor(&self, id: Option<&str>) -> u32 {
        id.and_then(|id| self.by_vendor.get(id))
            .copied()
            .unwrap_or(u32::MAX)
    }
}

struct Claim {
    company: i64,
    vendor: SmolStr,
    basis: PairBasis,
    score: u16,
    evidence: &'static str,
}

/// Maps companies to vendors and owners to customers.
pub(crate) fn map(
    project: &ProjectBooks,
    ledger: &LedgerBooks,
    jobs: &JobMap,
    decisions: &Decisions,
) -> PartyMap {
    let mut claims = claim_vendors(project, ledger, decisions);
    claims.retain(|claim| {
        claim.basis == PairBasis::Confirmed
            || !decisions.refuses(
                PairKind::Party,
                &SourceRef::procore("vendor", claim.company),
                &SourceRef::quickbooks("Vendor", &claim.vendor),
            )
    });
    let mut map = PartyMap::default();
    for (place, company) in project.parties.iter().enumerate() {
        map.by_company
            .insert(company.id, u32::try_from(place).unwrap_or(u32::MAX));
    }
    for claim in &claims {
        map.companies.insert(claim.vendor.clone(), claim.company);
        map.vendors
            .entry(claim.company)
            .or_default()
            .push(claim.vendor.clone());
        let number = map.company(Some(claim.company));
        map.by_vendor.insert(claim.vendor.clone(), number);
        map.pairs
            .push(pair(claim.company, "Vendor", &claim.vendor, claim));
    }
    let offset = project.parties.len();
    for (place, vendor) in ledger.vendors.iter().enumerate() {
        let own = u32::try_from(offset + place).unwrap_or(u32::MAX);
        map.by_vendor.entry(vendor.id.clone()).or_insert(own);
    }
    pair_owners(&mut map, project, ledger, jobs);
    map
}

fn pair(company: i64, kind: &str, id: &str, claim: &Claim) -> Pair {
    Pair {
        kind: PairKind::Party,
        procore: vec![Side::from(&SourceRef::procore("vendor", company))],
        quickbooks: vec![Side::from(&SourceRef::quickbooks(kind, id))],
        basis: claim.basis,
        score: Score(claim.score),
        evidence: SmolStr::new_static(claim.evidence),
    }
}

/// Claims a vendor for a company: by decision, link, equal name, then the most alike name.
fn claim_vendors(
    project: &ProjectBooks,
    ledger: &LedgerBooks,
    decisions: &Decisions,
) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    let mut taken = Taken::default();
    for decision in decisions.confirmed_of(PairKind::Party) {
        if let Ok(company) = decision.procore.id.parse() {
            taken.claim(
                &mut claims,
                company,
                &decision.quickbooks.id,
                PairBasis::Confirmed,
                10_000,
                "a person confirmed it",
            );
        }
    }
    let vendors: BTreeSet<&str> = ledger
        .vendors
        .iter()
        .map(|vendor| vendor.id.as_str())
        .collect();
    for company in &project.parties {
        if let Some(id) = links::parse_plain(&company.origin_id).filter(|id| vendors.contains(id)) {
            taken.claim(
                &mut claims,
                company.id,
                id,
                PairBasis::Link,
                9_900,
                "Procore's external id names this vendor",
            );
        }
    }
    let named = NamedVendors::new(ledger);
    for company in &project.parties {
        for name in company_names(company) {
            for id in named.equal.get(&name).into_iter().flatten() {
                taken.claim(
                    &mut claims,
                    company.id,
                    id,
                    PairBasis::Scored,
                    9_800,
                    "the names agree",
                );
            }
        }
    }
    let mut scored: Vec<(u16, i64, &str)> = Vec::new();
    for company in project
        .parties
        .iter()
        .filter(|one| !taken.companies.contains(&one.id))
    {
        for name in company_names(company) {
            for id in named.sharing(&name) {
                let best = named.names[id]
                    .iter()
                    .map(|other| likeness(&name, other))
                    .max();
                if let Some(score) = best.filter(|score| *score >= ACCEPT) {
                    scored.push((score, company.id, id));
                }
            }
        }
    }
    scored.sort_by(|one, other| {
        other
            .0
            .cmp(&one.0)
            .then_with(|| (one.1, one.2).cmp(&(other.1, other.2)))
    });
    scored.dedup_by_key(|claim| (claim.1, claim.2));
    for &(score, company, vendor) in &scored {
        let rival = scored.iter().any(|(other, one, same)| {
            (*one == company) != (*same == vendor)
                && other + LEAD > score
                && !taken.companies.contains(one)
                && !taken.vendors.contains(*same)
        });
        if !rival {
            taken.claim(
                &mut claims,
                company,
                vendor,
                PairBasis::Scored,
                score,
                "the names are alike",
            );
        }
    }
    claims
}

/// A party's names in normal form.
fn company_names(company: &figures::model::Party) -> BTreeSet<String> {
    [&company.name, &company.legal_name, &company.trade_name]
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(|name| names::normalise(name))
        .collect()
}

/// How alike two company names are: words left out at the end count less than others.
fn likeness(one: &str, other: &str) -> u16 {
    let score = name_score(one, other);
    if names::alike(one, other) {
        score.max(8_400)
    } else {
        score.min(8_200)
    }
}

#[derive(Default)]
struct Taken {
    companies: BTreeSet<i64>,
    vendors: BTreeSet<SmolStr>,
}

impl Taken {
    fn claim(
        &mut self,
        claims: &mut Vec<Claim>,
        company: i64,
        vendor: &str,
        basis: PairBasis,
        score: u16,
        evidence: &'static str,
    ) {
        let free = !self.companies.contains(&company) || basis == PairBasis::Confirmed;
        if free && self.vendors.insert(SmolStr::new(vendor)) {
            self.companies.insert(company);
            claims.push(Claim {
                company,
                vendor: SmolStr::new(vendor),
                basis,
                score,
                evidence,
            });
        }
    }
}

/// QuickBooks vendors by their names.
struct NamedVendors<'a> {
    names: BTreeMap<&'a str, BTreeSet<String>>,
    equal: BTreeMap<String, Vec<&'a str>>,
    by_word: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> NamedVendors<'a> {
    fn new(ledger: &'a LedgerBooks) -> Self {
        let mut found = Self {
            names: BTreeMap::new(),
            equal: BTreeMap::new(),
            by_word: BTreeMap::new(),
        };
        for vendor in &ledger.vendors {
            let own = vendor
                .name
                .strip_suffix("(deleted)")
                .unwrap_or(&vendor.name)
                .trim();
            let all: BTreeSet<String> = [own, &vendor.company_name, &vendor.check_name]
                .into_iter()
                .filter(|name| !name.is_empty())
                .map(names::normalise)
                .collect();
            for name in &all {
                found
                    .equal
                    .entry(name.clone())
                    .or_default()
                    .push(&vendor.id);
                for word in name.split(' ') {
                    found
                        .by_word
                        .entry(word.to_owned())
                        .or_default()
                        .push(&vendor.id);
                }
            }
            found.names.insert(&vendor.id, all);
        }
        // An active vendor before a deactivated one of the same name.
        let active: BTreeSet<&str> = ledger
            .vendors
            .iter()
            .filter(|vendor| vendor.active)
            .map(|vendor| vendor.id.as_str())
            .collect();
        for list in found.equal.values_mut() {
            list.sort_by_key(|id| (!active.contains(id), id.len(), *id));
        }
        found
    }

    fn sharing(&self, name: &str) -> BTreeSet<&'a str> {
        let mut lists: Vec<&Vec<&str>> = name
            .split(' ')
            .filter_map(|word| self.by_word.get(word))
            .collect();
        lists.sort_by_key(|list| list.len());
        let mut found = BTreeSet::new();
        for list in lists.into_iter().take(2) {
            found.extend(list.iter().take(300).copied());
        }
        // A typing error in the only rare word still leaves the words that sort beside it.
        if let Some(first) = name.split(' ').next() {
            let stem: String = first.chars().take(3).collect();
            for (word, ids) in self.by_word.range(stem.clone()..).take(50) {
                if !word.starts_with(&stem) {
                    break;
                }
                found.extend(ids.iter().take(50).copied());
            }
        }
        found
    }
}

/// The owner of a job's contracts is the customer that the job lies under.
fn pair_owners(map: &mut PartyMap, project: &ProjectBooks, ledger: &LedgerBooks, jobs: &JobMap) {
    let customers: BTreeMap<&str, &Customer> = ledger
        .customers
        .iter()
        .map(|one| (one.id.as_str(), one))
        .collect();
    let mut votes: BTreeMap<(i64, &str), (u32, u16)> = BTreeMap::new();
    for contract in project
        .prime_contracts
        .iter()
        .filter(|contract| !contract.deleted)
    {
        let Some(owner) = contract.owner_id else {
            continue;
        };
        let Some(job) = jobs
            .customers
            .get(&contract.project_id)
            .and_then(|ids| ids.first())
        else {
            continue;
        };
        let Some(root) = root_of(&customers, job) else {
            continue;
        };
        let score = name_score(
            &names::normalise(&contract.owner_name),
            &names::normalise(&root.name),
        );
        let vote = votes.entry((owner, root.id.as_str())).or_default();
        *vote = (vote.0 + 1, vote.1.max(score));
    }
    let mut ranked: Vec<_> = votes.into_iter().collect();
    ranked.sort_by(|(one, left), (other, right)| right.cmp(left).then_with(|| one.cmp(other)));
    let mut taken: (BTreeSet<i64>, BTreeSet<&str>) = Default::default();
    for ((owner, customer), (count, score)) in ranked {
        // Named alike, or the only owner that the customer's jobs have more than once.
        if (score < 6_000 && count < 2) || taken.0.contains(&owner) || taken.1.contains(customer) {
            continue;
        }
        taken.0.insert(owner);
        taken.1.insert(customer);
        let evidence = "the owner's contracts are this customer's jobs";
        let score = score.max(8_000);
        let claim = Claim {
            company: owner,
            vendor: SmolStr::default(),
            basis: PairBasis::Scored,
            score,
            evidence,
        };
        map.pairs.push(pair(owner, "Customer", customer, &claim));
    }
}

fn root_of<'a>(customers: &BTreeMap<&str, &'a Customer>, id: &str) -> Option<&'a Customer> {
    let mut at = *customers.get(id)?;
    for _ in 0..6 {
        match at
            .parent
            .as_deref()
            .and_then(|parent| customers.get(parent))
        {
            Some(parent) => at = parent,
            None => return Some(at),
        }
    }
    Some(at)
}
