//! What every store must do, run against every store there is. One file a trait; each law is a
//! function over an empty store.

#![allow(clippy::unwrap_used, clippy::panic)]

mod admin;
mod audit;
mod counters;
mod credentials;
mod directory;
mod keys;
mod links;
mod moka_room;
mod racing;
mod random_search;
mod samples;
mod search;
mod sessions;
mod stores;
mod transient;

macro_rules! contract {
    ($make:path; $($suite:ident: $($law:ident),+;)+) => {
        $(mod $suite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
            async fn $law() {
                crate::$suite::$law($make().await).await;
            })+
        })+
    };
}

macro_rules! durable {
    ($make:path) => {
        contract! { $make;
            directory:
                finds_organizations, finds_members, shows_an_entrance, a_domain_needs_a_living_proof,
                lists_entrances_by_member_and_domain, lists_active_memberships_first,
                lists_a_thousand_at_most, joins_as_a_new_member, joining_activates_who_was_invited,
                joining_leaves_the_settled_alone, joining_needs_a_free_id, racing_to_join_makes_one_member;
            admin:
                creates_whole_or_not_at_all, organizations_are_unique, claimed_domains_are_unique,
                changes_organizations, members_are_unique, changes_members, replaces_only_what_was_seen, a_member_never_moves, pages_through_members,
                deleting_takes_everything, racing_to_create_makes_one, racing_to_replace_has_one_winner;
            search:
                finds_by_external_id, counts_members, searches_organizations, searches_members,
                combines_filters, members_of_other_organizations_are_not_found,
                shows_the_deleted_to_who_names_them, no_character_stands_for_others,
                searches_what_was_changed, pages_through_organizations, pages_through_found_members;
            random_search:
                finds_the_organizations_that_match, finds_the_members_that_match;
            credentials:
                starts_empty, keeps_whole_documents, finds_the_holder_of_a_password, replaces_only_what_was_seen, forgotten_stays_forgotten,
                racing_to_replace_has_one_winner, racing_failures_are_all_counted;
            sessions:
                keeps_whole_records, a_repeated_insert_changes_nothing, ids_and_seeds_are_unique,
                lists_newest_first, lists_until_the_end, replaces_only_what_was_seen, a_session_never_moves,
                a_new_seed_replaces_the_old, the_revision_always_grows, touches_forwards_only,
                replacing_keeps_a_later_use, revoked_is_gone, revokes_a_member_but_one,
                revokes_an_organization, sweeps_what_expired, racing_to_insert_stores_one,
                racing_to_replace_has_one_winner, revoking_wins_every_race, many;
            links:
                taken_once, good_until_its_end, a_repeated_put_revives_nothing, forgets_after_a_week,
                racing_to_take_has_one_winner;
            keys:
                oldest_first, reseals_what_was_seen, removes_once, ids_are_unique,
                racing_to_reseal_has_one_winner, notes_the_latest_time;
            audit:
                keeps_whole_events, a_repeated_event_changes_nothing, lists_whose_events_are_asked_for,
                pages_from_the_newest, forgets_what_is_old;
        }
    };
}

mod memory {
    durable!(crate::stores::memory);
}

#[cfg(feature = "sqlite")]
mod sqlite {
    durable!(crate::stores::sqlite);

    #[tokio::test(flavor = "multi_thread", worker_threads = 8)]
    async fn dropped_operations_leave_no_half() {
        crate::admin::dropped_operations_leave_no_half(crate::stores::sqlite().await).await;
    }
}

mod moka {
    contract! { crate::stores::moka_transient;
        transient:
            lives_to_the_last_millisecond, nothing_moves_the_deadline, the_dead_is_not_stored,
            replaces_only_what_was_seen, a_repeated_insert_changes_nothing, what_is_claimed_is_hidden,
            only_the_claimer_consumes, a_released_one_is_free, a_lease_ends, a_lapsed_claim_loses_to_a_change,
            discards_even_what_is_claimed, racing_to_claim_has_one_winner, racing_to_replace_has_one_winner,
            a_claim_and_a_change_exclude_each_other, discarding_wins_every_race,
            racing_over_a_lapsed_lease_consumes_once,
            a_right_code_is_used_up, a_code_dies_of_wrong_tries, a_code_ends_to_the_millisecond,
            a_new_code_replaces_the_old, codes_do_not_cross, drops_codes, racing_with_the_right_code_has_one_winner,
            racing_with_wrong_codes_costs_every_try,
            a_challenge_is_reused, a_session_has_eight_challenges, a_challenge_ends_to_the_millisecond,
            closes_one_challenge, racing_to_challenge_makes_one, racing_to_close_has_one_winner,
            remembers_a_destination;
    }

    contract! { crate::stores::moka_counters;
        counters:
            counts_to_the_limit, a_window_ends_to_the_millisecond, the_first_count_fixes_the_window,
            keys_do_not_cross, gives_back, racing_to_give_back_loses_nothing,
            racing_stops_at_the_limit;
    }
}
