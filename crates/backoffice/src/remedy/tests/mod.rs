//! What remedies must hold: a correction that is applied settles its finding and stirs up no other.

mod apply;
mod entries;
mod followed;
mod items;
mod planted;
mod refusals;
mod round_trip;

use figures::model::Books;

use crate::reconcile::policy::Policy;
use crate::reconcile::reconcile;
use crate::reconcile::result::Reconciliation;
use crate::reconcile::scenario::reader::World;

/// The books of a scenario, with the class of each document on its lines, where bills have it.
fn read(text: &str) -> World {
    let mut world = World::read(text).unwrap_or_else(|why| panic!("{why}"));
    let documents = world
        .books
        .ledger
        .iter_mut()
        .flat_map(|one| &mut one.documents);
    for document in documents {
        if let Some(class) = document.class.take() {
            for line in &mut document.lines {
                line.class = Some(class.clone());
            }
        }
    }
    world
}

fn look(world: &World, books: &Books) -> Reconciliation {
    reconcile(
        books,
        world.as_of,
        &Policy::default(),
        &world.decisions,
        Vec::new(),
    )
}
