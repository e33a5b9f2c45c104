//! What every engine of the store must do; [`the_contract`] names all of it once.
//!
//! The suite speaks only through the public functions. What concerns the file of an engine is
//! tested beside that engine.

pub(crate) mod audit;
pub(crate) mod by_itself;
pub(crate) mod connections;
pub(crate) mod decisions;
pub(crate) mod documents;
pub(crate) mod jobs;
pub(crate) mod mirror;
pub(crate) mod proposals;
pub(crate) mod results;
pub(crate) mod storm;
pub(crate) mod tenancy;
pub(crate) mod worklist;

use std::sync::{Arc, Mutex};

use figures::source::{RawRecord, System};
use jiff::Timestamp;

use crate::mirror::{self as mirror_of, OpenCycle};
use crate::transfer::{self, Summary};
use crate::{Installation, MasterKeySource, Store};

/// Hands the whole suite to a macro, which makes tests of it for one engine.
macro_rules! the_contract {
    ($make_tests:ident) => {
        $make_tests! {
            mirror {
                the_same_page_twice_writes_no_second_version,
                any_past_cycle_reads_as_it_was,
                a_removed_record_that_comes_back_is_there_again,
                what_an_incomplete_read_did_not_see_stays,
                a_sweep_that_misses_the_vendors_count_is_incomplete,
                reading_changes_removes_nothing_and_moves_the_cursor,
                a_sweep_of_one_project_leaves_the_others_alone,
                records_come_in_the_order_of_their_keys_with_ids_as_numbers,
                a_long_resource_is_read_whole_over_many_chunks,
                a_record_twice_in_a_page_gets_two_versions,
                an_interrupted_cycle_is_taken_up_and_forgets_half_a_sweep,
                what_was_proven_before_the_interruption_stays_proven,
                a_resource_that_nobody_finished_is_incomplete,
                what_procore_hides_is_a_blind_spot,
                a_finished_cycle_gets_no_more_records,
                a_day_is_answered_by_the_newest_cycle_up_to_it,
                meters_add_up_over_the_runs_of_a_cycle,
                a_cycle_remembers_whose_books_it_read,
                a_key_that_stands_for_none_is_refused_with_its_page,
            }
            connections {
                an_authorisation_is_redeemed_once,
                a_foreign_or_late_authorisation_is_refused,
                without_a_connection_there_are_no_tokens,
                another_company_is_refused_on_reconnect,
                a_refreshed_pair_replaces_the_old_one,
                only_one_refreshes_at_a_time,
                a_refresh_without_an_end_is_ambiguous_for_the_next,
                a_late_pair_is_not_thrown_away,
                disconnecting_destroys_the_tokens_for_good,
                tokens_do_not_show_in_debug_or_errors,
            }
            audit {
                what_was_changed_is_told_with_its_person,
                entries_are_told_from_a_moment_on_and_so_many_at_most,
                the_chain_grows_with_the_entries_and_continues_its_anchors,
                entries_from_before_the_chain_are_linked_and_forged_ones_are_found,
                what_happened_to_people_is_copied_once_without_their_addresses,
            }
            proposals {
                a_proposal_is_what_happened_to_it,
                a_finding_has_one_proposal_that_is_not_over,
                an_approval_is_used_once,
                what_was_done_is_known_once_and_taken_back_with_its_way_back,
                switching_off_voids_what_was_approved,
                what_nobody_decided_about_lapses_with_the_next_publication,
            }
            documents {
                a_document_is_kept_byte_for_byte_and_told_in_the_audit,
                what_is_no_paper_or_too_long_is_refused_and_leaves_nothing,
            }
            decisions {
                the_last_word_about_a_pair_stands,
                the_order_of_the_records_makes_no_other_pair,
                a_record_is_not_confirmed_in_two_pairs,
                there_is_nothing_to_withdraw_without_a_decision,
                who_and_why_are_kept,
            }
            jobs {
                a_job_is_done_once_and_in_its_turn,
                a_job_for_later_is_not_taken_now,
                the_same_work_waits_once_but_once_more_while_it_is_done,
                whoever_lost_the_lease_can_do_nothing_with_the_job,
                a_failed_job_waits_and_is_dead_after_its_last_attempt,
                a_job_that_loses_its_workers_is_dead_and_can_be_retried,
                workers_at_the_same_time_never_take_the_same_job,
                a_job_that_is_handed_back_has_lost_no_attempt,
                work_that_is_done_at_once_takes_the_place_of_what_waits,
                what_was_dead_is_done_with_when_the_same_work_is_done,
            }
            by_itself {
                a_moment_makes_one_job_and_missed_ones_are_made_up_for_once,
                looking_at_the_same_time_makes_one_job,
                what_a_change_of_settings_causes_comes_with_it,
                settings_replace_only_those_that_they_were_made_from,
                an_announcement_counts_once_and_a_flood_asks_once_a_minute,
                whoever_lost_the_job_publishes_nothing,
                a_run_that_cannot_publish_has_not_done_its_job,
            }
            results {
                a_figure_is_found_with_its_newest_receipt,
                the_same_result_is_kept_once,
                a_figure_twice_in_a_result_keeps_nothing_of_it,
                cards_are_those_of_the_newest_result_in_the_form_that_is_known,
            }
            worklist {
                the_most_severe_come_first_then_the_published_order,
                filters_restrict_the_list,
                an_item_stays_while_its_job_is_not_proven,
                an_item_stays_while_its_check_is_not_sure,
                a_list_is_refused_whole_when_an_id_is_there_twice,
                an_older_cycle_cannot_overwrite_the_list,
                an_item_tells_its_life,
            }
        }
    };
}
pub(crate) use the_contract;

/// A tenant of a new installation in a folder of its own, and what must live as long.
pub(crate) async fn opened() -> (Store, Kept) {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(folder).await;
    let tenant = kept.installation.create_tenant("Ridgeline", at(0)).await;
    let store = kept.installation.store(&tenant.unwrap().id).await.unwrap();
    (store, kept)
}

/// An installation and the folder that it is in.
pub(crate) struct Kept {
    pub(crate) installation: Installation,
    pub(crate) folder: tempfile::TempDir,
}

impl Kept {
    pub(crate) async fn open(folder: tempfile::TempDir) -> Self {
        let data = folder.path().join("data");
        let source = MasterKeySource::BesideTheData;
        let installation = Installation::open(&data, &source, at(0)).await.unwrap();
        Self {
            installation,
            folder,
        }
    }

    /// Closes everything. Whoever does not may crash at the end of the process.
    pub(crate) async fn close(self) {
        self.installation.close().await;
    }

    /// Closes everything and opens it again, as the next process would.
    pub(crate) async fn again(self) -> Self {
        self.installation.close().await;
        let folder = self.folder;
        drop(self.installation);
        Self::open(folder).await
    }
}

/// The operator erases, and writes it down in this folder.
pub(crate) fn by_operator<'a>(
    administrator: Option<&'a crate::Secret>,
    folder: &std::path::Path,
) -> crate::Erasing<'a> {
    crate::Erasing {
        administrator,
        ledger: crate::ledger::Ledger::of_folder(folder),
        by: "operator".to_owned(),
        reason: "asked for by mail".to_owned(),
    }
}

/// A moment on a day in November, by hour.
pub(crate) fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_793_500_000 + hour * 3_600).expect("within the calendar")
}

pub(crate) fn day(text: &str) -> figures::Date {
    text.parse().expect("a date in a test")
}

/// Fills a tenant with worklist, decisions, a connection and a cycle that is still being read.
pub(crate) async fn filled(store: &Store) -> OpenCycle {
    worklist::an_item_tells_its_life(store).await;
    decisions::who_and_why_are_kept(store).await;
    connections::a_refreshed_pair_replaces_the_old_one(store).await;
    proposals::what_was_done_is_known_once_and_taken_back_with_its_way_back(store).await;
    let scope = store.scope();
    let begun = mirror_of::begin_cycle(store, &scope, at(20)).await.unwrap();
    let page = vec![
        bill("1", "{\"note\":\"caf\u{e9} \\\" \u{1f3d7}\"}"),
        bill("2", ""),
    ];
    mirror_of::record_page(store, &scope, begun.cycle, page)
        .await
        .unwrap();
    begun.cycle
}

/// A file in memory that a test can look into.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The tenant as a file of an export.
pub(crate) async fn exported(store: &Store) -> (Summary, Vec<u8>) {
    let memory = Memory::default();
    let summary = transfer::export(store, &store.scope(), "Ridgeline", memory.clone())
        .await
        .unwrap();
    let bytes = memory.0.lock().unwrap().clone();
    (summary, bytes)
}

pub(crate) fn bill(id: &str, body: &str) -> RawRecord {
    RawRecord {
        system: System::QuickBooks,
        resource: "Bill".into(),
        external_id: id.into(),
        project_id: None,
        parent_id: None,
        body: body.to_owned(),
    }
}

pub(crate) fn requisition(project_id: i64, parent_id: i64, id: &str, body: &str) -> RawRecord {
    RawRecord {
        system: System::Procore,
        resource: "requisitions".into(),
        external_id: id.into(),
        project_id: Some(project_id),
        parent_id: Some(parent_id),
        body: body.to_owned(),
    }
}
