//! Believable names, and how the same name looks in the other system.

use super::chart::{CODES, TRADES};
use super::dice::Dice;

const FIRST: [&str; 40] = [
    "Brightline",
    "Cascade",
    "Summit",
    "Northfork",
    "Ironwood",
    "Blue Mesa",
    "Pioneer",
    "Redstone",
    "Clearwater",
    "Granite Peak",
    "High Plains",
    "Silver Creek",
    "Front Range",
    "Lone Pine",
    "Prairie",
    "Timberline",
    "Western",
    "Apex",
    "Keystone",
    "Stonebridge",
    "Mountain States",
    "Copper Ridge",
    "Eagle Valley",
    "Frontier",
    "Gateway",
    "Harbor",
    "Juniper",
    "Kodiak",
    "Liberty",
    "Meridian",
    "Navajo",
    "Outlook",
    "Pinnacle",
    "Quarry",
    "Rimrock",
    "Sagebrush",
    "Trailhead",
    "Union",
    "Vista",
    "Wildcat",
];
const SUPPLY: [&str; 5] = ["Lumber", "Ready Mix", "Supply", "Rentals", "Site Services"];
const SUFFIX: [&str; 6] = ["LLC", "Inc.", "Co.", "Corp.", "& Sons", "Inc"];
const PLACES: [&str; 24] = [
    "Harbor",
    "Cedar Street",
    "Mesa Verde",
    "Larkspur",
    "Union Station",
    "Foothills",
    "Riverside",
    "Aspen Grove",
    "Platte Canyon",
    "Westgate",
    "Fairview",
    "Cherry Creek",
    "Boulder Junction",
    "Sloan Lake",
    "Highland",
    "Capitol Hill",
    "Green Valley",
    "Stapleton",
    "Wash Park",
    "Golden",
    "Red Rocks",
    "Lookout",
    "Copperleaf",
    "Buckhorn",
];
const WORKS: [&str; 12] = [
    "Clinic Fit-out",
    "Elementary Addition",
    "Office Building",
    "Warehouse",
    "Fire Station",
    "Parking Structure",
    "Library Renovation",
    "Surgery Center",
    "Brewery Expansion",
    "Apartments Phase 2",
    "Data Center Shell",
    "Retail Building",
];
const OWNERS: [&str; 16] = [
    "Harbor Health Partners",
    "Jefferson School District",
    "Westgate Properties LLC",
    "City of Fairview",
    "Summit Medical Group",
    "Larkspur Development Co",
    "Platte Logistics Inc",
    "Boulder Junction Owner LLC",
    "Front Range Library Board",
    "Copperleaf Holdings LLC",
    "Red Rocks Brewing Co",
    "Mesa County",
    "Aspen Grove Apartments LP",
    "Golden Data Partners",
    "Highland Retail Trust",
    "Stapleton Land Company",
];
const GIVEN: [&str; 16] = [
    "Luis", "Dana", "Marcus", "Ana", "Pete", "Rosa", "Kevin", "Tom", "Elena", "Sam", "Victor",
    "Grace", "Hector", "Ivy", "Owen", "Nadia",
];
const FAMILY: [&str; 16] = [
    "Marin",
    "Ortiz",
    "Hale",
    "Velez",
    "Novak",
    "Quintana",
    "Brandt",
    "Okafor",
    "Park",
    "Lind",
    "Salas",
    "Whitfield",
    "Romero",
    "Chen",
    "Dawson",
    "Petrov",
];

/// The n-th owner (client), unique for every n.
pub(crate) fn owner(n: usize) -> String {
    let name = OWNERS[n % OWNERS.len()];
    match n / OWNERS.len() {
        0 => name.to_string(),
        round => format!("{name} {}", round + 1),
    }
}

/// The n-th job, unique for every n.
pub(crate) fn job(n: usize) -> String {
    let place = PLACES[(n * 7 + 3) % PLACES.len()];
    let work = WORKS[(n * 5 + n / PLACES.len()) % WORKS.len()];
    match n / (PLACES.len() * WORKS.len()) {
        0 => format!("{place} {work}"),
        round => format!("{place} {work} {}", round + 1),
    }
}

/// The n-th subcontractor of a trade, unique for every pair.
pub(crate) fn subcontractor(trade: usize, n: usize) -> String {
    company(CODES[trade % TRADES].name, trade * 3 + n, n)
}

/// The n-th supplier of a supply, unique for every pair.
pub(crate) fn supplier(supply: usize, n: usize) -> String {
    company(SUPPLY[supply % SUPPLY.len()], supply * 11 + n + 17, n)
}

fn company(what: &str, at: usize, n: usize) -> String {
    let first = FIRST[at % FIRST.len()];
    let suffix = SUFFIX[at % SUFFIX.len()];
    match n / FIRST.len() {
        0 => format!("{first} {what} {suffix}"),
        round => format!("{first} {what} {} {suffix}", round + 1),
    }
}

/// The n-th employee: given and family name.
pub(crate) fn employee(n: usize) -> (String, String) {
    let family = FAMILY[(n + n / GIVEN.len()) % FAMILY.len()];
    let family = match n / (GIVEN.len() * FAMILY.len()) {
        0 => family.to_string(),
        round => format!("{family} {}", round + 1),
    };
    (GIVEN[n % GIVEN.len()].to_string(), family)
}

/// How a vendor of Procore is written in QuickBooks.
pub(crate) fn party_variant(name: &str, dice: &mut Dice) -> String {
    match dice.range(0, 6) {
        0 => strip_suffix(name),
        1 => name.replace('&', "and"),
        2 => name
            .replace("LLC", "L.L.C.")
            .replace("Inc.", "Incorporated"),
        3 => name.to_uppercase(),
        4 => name
            .replace(" LLC", ", LLC")
            .replace(" Inc", ", Inc")
            .replace(" Co.", " Company"),
        _ => name.to_string(),
    }
}

fn strip_suffix(name: &str) -> String {
    for suffix in SUFFIX {
        if suffix != "& Sons"
            && let Some(bare) = name.strip_suffix(suffix)
        {
            return bare.trim().to_string();
        }
    }
    name.to_string()
}

/// How a job is named in QuickBooks. The style says whether the number is part of the name.
pub(crate) fn job_variant(number: &str, name: &str, style: usize) -> String {
    match style % 5 {
        0 => format!("{number} {name}"),
        1 => format!("{number} - {}", abbreviate(name)),
        2 => name.to_string(),
        3 => format!("{} #{number}", name.to_uppercase()),
        _ => abbreviate(name),
    }
}

/// Trade abbreviations in a name.
pub(crate) fn abbreviate(name: &str) -> String {
    name.replace("Building", "Bldg")
        .replace("Renovation", "Reno")
        .replace("Elementary", "Elem.")
        .replace("Street", "St.")
        .replace("Apartments", "Apts")
        .replace("Center", "Ctr")
        .replace("Fit-out", "Fitout")
}

/// The letters in front of a vendor's invoice numbers.
pub(crate) fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().next())
        .filter(char::is_ascii_uppercase)
        .take(3)
        .collect()
}

/// How Procore's invoice number is typed into QuickBooks; `None` when nobody typed it.
pub(crate) fn number_variant(number: &str, dice: &mut Dice) -> Option<String> {
    match dice.range(1, 100) {
        1..=6 => None,
        7..=30 => Some(number.replace('-', "")),
        31..=40 => Some(format!("Inv. #{number}")),
        41..=48 => Some(number.to_lowercase()),
        _ => Some(number.to_string()),
    }
}
