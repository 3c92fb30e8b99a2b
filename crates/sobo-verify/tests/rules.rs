//! The rules of verification: the chain walked by hand, then by random people doing random things.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use indexmap::IndexMap;
use proptest::prelude::*;
use sobo_core::Lacuna;
use sobo_verify::{
    Actor, Chain, Event, FieldStart, Refusal, Role, Sheet, Stage, State, Statement, StepKind, Turn,
};

const AT: &str = "2026-11-21T00:00:00Z";

fn sheet(name: &str, number: &str) -> Sheet {
    let start = |text: &str, accepted, blind| FieldStart {
        reading: (!text.is_empty()).then(|| Statement::of_text(text)),
        accepted,
        blind,
        required: blind,
        carried: false,
    };
    Sheet {
        fields: IndexMap::from([
            ("entry_number".to_owned(), start(number, true, true)),
            ("child_name".to_owned(), start(name, false, true)),
            ("birth_place".to_owned(), start("Bảo sanh viện Từ Dũ", true, false)),
            ("notes".to_owned(), start("", false, false)),
        ]),
        carried_from: None,
    }
}

fn begin() -> State {
    State::begin(Chain::full(), sheet("Trần Văn Ba", "12"), 0)
}

fn person(id: i64, role: Role) -> Actor {
    Actor::new(id, &[role])
}

fn say(pairs: &[(&str, &str)]) -> IndexMap<String, Statement> {
    pairs.iter().map(|(field, text)| ((*field).to_owned(), Statement::of_text(text))).collect()
}

fn submit(state: &State, step: StepKind, actor: &Actor, pairs: &[(&str, &str)]) -> Result<State, Refusal> {
    state.apply(Event::Submit { step, statements: say(pairs) }, actor, AT)
}

fn checked() -> State {
    let state = submit(&begin(), StepKind::Entry, &person(1, Role::Clerk), &[("child_name", "Trần Văn Bá")]);
    submit(&state.unwrap(), StepKind::Check, &person(2, Role::Checker), &[("child_name", "Trần Văn Bá")])
        .unwrap()
}

#[test]
fn equal_readings_need_no_arbiter() {
    let blind = person(3, Role::Checker);
    let pairs = [("entry_number", "12"), ("child_name", "TRẦN  VĂN BÁ")];
    let agreed = submit(&checked(), StepKind::Blind, &blind, &pairs).unwrap();
    assert_eq!(agreed.stage(), Stage::Awaiting(StepKind::SignOff));
    assert!(agreed.verified().is_none());
    let signed = submit(&agreed, StepKind::SignOff, &person(4, Role::Registrar), &[]).unwrap();
    let record = signed.verified().unwrap();
    // The first spelling stays: the second reading confirms, it does not replace.
    assert_eq!(record.values()["child_name"].text, "Trần Văn Bá");
    assert_eq!(record.people().len(), 4);
}

#[test]
fn different_readings_go_to_a_third_person() {
    let blind = person(3, Role::Checker);
    let pairs = [("entry_number", "12"), ("child_name", "Trần Văn Ba")];
    let disputed = submit(&checked(), StepKind::Blind, &blind, &pairs).unwrap();
    assert_eq!(disputed.stage(), Stage::Awaiting(StepKind::Arbitrate));
    assert_eq!(disputed.disputed(), ["child_name"]);
    // Not the blind reader, though also an arbiter.
    let refused = submit(&disputed, StepKind::Arbitrate, &person(3, Role::Arbiter), &[("child_name", "x")]);
    assert_eq!(refused, Err(Refusal::OwnWork { step: StepKind::Blind }));
    let arbiter = person(5, Role::Arbiter);
    let closed =
        submit(&disputed, StepKind::Arbitrate, &arbiter, &[("child_name", "x"), ("entry_number", "13")]);
    assert_eq!(closed, Err(Refusal::FieldClosed { field: "entry_number".to_owned() }));
    let settled = submit(&disputed, StepKind::Arbitrate, &arbiter, &[("child_name", "Trần Văn Ba")]).unwrap();
    assert_eq!(settled.values()["child_name"].text, "Trần Văn Ba");
    assert_eq!(settled.stage(), Stage::Awaiting(StepKind::SignOff));
}

#[test]
fn a_field_that_needs_a_person_cannot_be_skipped() {
    let refused = submit(&begin(), StepKind::Entry, &person(1, Role::Clerk), &[]);
    assert_eq!(refused, Err(Refusal::Unstated { fields: vec!["child_name".to_owned()] }));
}

#[test]
fn a_lacuna_is_a_value() {
    let statements = IndexMap::from([("child_name".to_owned(), Statement::of_lacuna(Lacuna::Torn))]);
    let event = Event::Submit { step: StepKind::Entry, statements };
    let state = begin().apply(event, &person(1, Role::Clerk), AT).unwrap();
    assert_eq!(state.values()["child_name"].lacuna, Some(Lacuna::Torn));
    let neither = IndexMap::from([("child_name".to_owned(), Statement::default())]);
    let event = Event::Submit { step: StepKind::Entry, statements: neither };
    let refused = begin().apply(event, &person(1, Role::Clerk), AT);
    assert_eq!(refused, Err(Refusal::IllFormed { field: "child_name".to_owned() }));
}

#[test]
fn lacunae_disagree_with_text_and_with_each_other_but_blank_is_absence() {
    let text = Statement::of_text("Kinh");
    let torn = Statement::of_lacuna(Lacuna::Torn);
    let blank = Statement::of_lacuna(Lacuna::Blank);
    assert!(!Statement::agree(Some(&text), Some(&torn)));
    assert!(!Statement::agree(Some(&blank), Some(&torn)));
    assert!(!Statement::agree(None, Some(&torn)));
    assert!(Statement::agree(None, Some(&blank)));
    let date = |text: &str| Statement { value: Some("1958-08-12".to_owned()), ..Statement::of_text(text) };
    assert!(Statement::agree(Some(&date("12/8/1958")), Some(&date("12-8-58"))));
    // Tones are letters.
    assert!(!Statement::agree(Some(&Statement::of_text("Hoa")), Some(&Statement::of_text("Hoà"))));
}

#[test]
fn every_step_is_refused_to_every_other_role() {
    let mut state = begin();
    let walk = [
        (StepKind::Entry, Role::Clerk, vec![("child_name", "A")]),
        (StepKind::Check, Role::Checker, vec![("child_name", "A")]),
        (StepKind::Blind, Role::Checker, vec![("entry_number", "12"), ("child_name", "B")]),
        (StepKind::Arbitrate, Role::Arbiter, vec![("child_name", "B")]),
        (StepKind::SignOff, Role::Registrar, vec![]),
    ];
    for (index, (step, role, pairs)) in walk.into_iter().enumerate() {
        for other in Role::ALL.into_iter().filter(|other| *other != role) {
            let refused = submit(&state, step, &person(99, other), &pairs);
            assert_eq!(refused, Err(Refusal::WrongRole { needed: vec![role] }), "{step:?} by {other:?}");
        }
        for other in StepKind::ALL.into_iter().filter(|other| *other != step) {
            let refused = submit(&state, other, &person(index as i64, role), &pairs);
            assert!(
                matches!(refused, Err(Refusal::WrongStage { .. } | Refusal::FieldClosed { .. })),
                "{other:?}"
            );
        }
        state = submit(&state, step, &person(index as i64, role), &pairs).unwrap();
    }
    assert_eq!(state.stage(), Stage::SignedOff);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Supervisor) {
        let event = Event::Reopen { reason: "mẫu sai".to_owned() };
        assert!(matches!(state.apply(event, &person(50, role), AT), Err(Refusal::WrongRole { .. })));
    }
    let event = Event::Reopen { reason: "mẫu sai".to_owned() };
    let reopened = state.apply(event, &person(50, Role::Supervisor), AT).unwrap();
    assert_eq!(reopened.stage(), Stage::Awaiting(StepKind::Entry));
    assert!(reopened.verified().is_none());
    assert_eq!(reopened.snapshots(), state.snapshots(), "nothing is forgotten");
}

/// Every event at every stage by every role: what is not in the table is refused.
#[test]
fn every_event_is_refused_to_every_role_that_may_not() {
    use Role::{Arbiter, Checker, Clerk, Registrar, Supervisor};
    let reason = || "lý do".to_owned();
    let disputed = submit(
        &checked(),
        StepKind::Blind,
        &person(3, Checker),
        &[("entry_number", "12"), ("child_name", "B")],
    )
    .unwrap();
    let settled =
        submit(&disputed, StepKind::Arbitrate, &person(4, Arbiter), &[("child_name", "B")]).unwrap();
    let signed = submit(&settled, StepKind::SignOff, &person(5, Registrar), &[]).unwrap();
    let entered = submit(&begin(), StepKind::Entry, &person(1, Clerk), &[("child_name", "A")]).unwrap();
    let gone = begin().apply(Event::Withdraw { reason: reason() }, &person(1, Clerk), AT).unwrap();
    let stages: [(&State, &[Role]); 7] = [
        (&begin(), &[Clerk]),
        (&entered, &[Checker]),
        (&checked(), &[Checker]),
        (&disputed, &[Arbiter]),
        (&settled, &[Registrar]),
        (&signed, &[]),
        (&gone, &[]),
    ];
    let dividers: &[Role] = &[Clerk, Checker, Supervisor];
    let mut tried = 0;
    for (state, whose) in stages {
        let open = matches!(state.stage(), Stage::Awaiting(_));
        let statements: IndexMap<String, Statement> =
            state.attention().into_iter().map(|field| (field, Statement::of_text("A"))).collect();
        let due = match state.stage() {
            Stage::Awaiting(step) => step,
            Stage::SignedOff | Stage::Withdrawn => StepKind::SignOff,
        };
        let withdrawn = state.stage() == Stage::Withdrawn;
        let at_entry = state.stage() == Stage::Awaiting(StepKind::Entry);
        let none: &[Role] = &[];
        let table: [(Event, &[Role]); 6] = [
            (Event::Submit { step: due, statements }, whose),
            (Event::Return { reason: reason() }, if at_entry { none } else { whose }),
            (Event::Reopen { reason: reason() }, if withdrawn { none } else { &[Supervisor] }),
            (Event::Withdraw { reason: reason() }, if open { dividers } else { none }),
            (Event::Restore, if withdrawn { dividers } else { none }),
            (Event::TakeBack, none),
        ];
        for (event, may) in table {
            for role in Role::ALL {
                let done = state.apply(event.clone(), &person(90, role), AT);
                assert_eq!(
                    done.is_ok(),
                    may.contains(&role),
                    "{} by {role:?} at {}: {done:?}",
                    event.as_str(),
                    state.stage().as_str()
                );
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 7 * 6 * 8);
}

/// Nobody takes two steps of one record in a round, whatever roles the person holds.
#[test]
fn nobody_checks_own_work_with_every_role_in_hand() {
    let all = Actor::new(1, &Role::ALL);
    let mut state = submit(&begin(), StepKind::Entry, &all, &[("child_name", "A")]).unwrap();
    for (step, other) in [(StepKind::Check, 2), (StepKind::Blind, 3), (StepKind::Arbitrate, 4)] {
        let say: &[(&str, &str)] = match step {
            StepKind::Blind => &[("entry_number", "12"), ("child_name", "B")],
            _ => &[("child_name", "A")],
        };
        let own = submit(&state, step, &all, say);
        assert_eq!(own, Err(Refusal::OwnWork { step: StepKind::Entry }), "{step:?}");
        state = submit(&state, step, &Actor::new(other, &Role::ALL), say).unwrap();
    }
}

#[test]
fn sampling_chain_checks_only_the_drawn() {
    let walk = |draw| {
        let state = State::begin(Chain::accept_and_sample(50), sheet("A", "1"), draw);
        submit(&state, StepKind::Entry, &person(1, Role::Clerk), &[("child_name", "A")]).unwrap().stage()
    };
    assert_eq!(walk(49), Stage::Awaiting(StepKind::Blind));
    assert_eq!(walk(50), Stage::Awaiting(StepKind::SignOff));
}

#[test]
fn a_turn_takes_back_what_was_said() {
    let mut turn = Turn::open(&begin(), &person(1, Role::Clerk)).unwrap();
    turn.say("child_name", Statement::of_text("A")).unwrap();
    turn.say("child_name", Statement::of_text("B")).unwrap();
    turn.say("notes", Statement::of_text("C")).unwrap();
    assert_eq!(turn.undo().as_deref(), Some("notes"));
    assert_eq!(turn.undo().as_deref(), Some("child_name"));
    assert_eq!(turn.said()["child_name"].text, "A");
    turn.undo();
    assert_eq!(turn.undo(), None);
    assert_eq!(turn.unstated(), ["child_name"]);
}

#[test]
fn withdrawing_needs_a_reason_and_can_be_undone() {
    let clerk = person(1, Role::Clerk);
    let refused = begin().apply(Event::Withdraw { reason: " ".to_owned() }, &clerk, AT);
    assert_eq!(refused, Err(Refusal::NoReason));
    let gone = begin().apply(Event::Withdraw { reason: "không có mục".to_owned() }, &clerk, AT).unwrap();
    assert_eq!(gone.stage(), Stage::Withdrawn);
    assert!(Turn::open(&gone, &clerk).is_err());
    let back = gone.apply(Event::Restore, &clerk, AT).unwrap();
    assert_eq!(back.stage(), Stage::Awaiting(StepKind::Entry));
    assert_eq!(back.history().len(), 2);
}

#[test]
fn sending_back_is_taken_back_by_who_did_it_until_something_else_happens() {
    let back = || Event::Return { reason: "đọc nhầm dòng".to_owned() };
    let (hoa, minh) = (person(3, Role::Checker), person(4, Role::Checker));
    let before = checked();
    let returned = before.apply(back(), &hoa, AT).unwrap();
    assert_eq!(returned.stage(), Stage::Awaiting(StepKind::Entry));
    assert_eq!(returned.apply(Event::TakeBack, &minh, AT), Err(Refusal::NothingToTakeBack));
    let stands = returned.apply(Event::TakeBack, &hoa, AT).unwrap();
    assert_eq!((stands.stage(), stands.round()), (before.stage(), before.round()));
    assert_eq!((stands.values(), stands.snapshots()), (before.values(), before.snapshots()));
    assert_eq!(stands.history().len(), before.history().len() + 2, "both are in the history");
    assert_eq!(stands.apply(Event::TakeBack, &hoa, AT), Err(Refusal::NothingToTakeBack), "once");
    // Who entered it still does not check it, and a second return is its own.
    assert_eq!(stands.may_take(&Actor::new(1, &Role::ALL)), Err(Refusal::OwnWork { step: StepKind::Entry }));
    assert!(stands.apply(back(), &hoa, AT).unwrap().may_take_back(&hoa));

    // Somebody has begun again: nothing to take back any more.
    let entered =
        submit(&returned, StepKind::Entry, &person(1, Role::Clerk), &[("child_name", "A")]).unwrap();
    assert_eq!(entered.apply(Event::TakeBack, &hoa, AT), Err(Refusal::NothingToTakeBack));

    // A dispute stands again as it stood, and so does what was signed off.
    let pairs = [("entry_number", "12"), ("child_name", "B")];
    let disputed = submit(&before, StepKind::Blind, &hoa, &pairs).unwrap();
    let tuan = person(5, Role::Arbiter);
    let again = disputed.apply(back(), &tuan, AT).unwrap().apply(Event::TakeBack, &tuan, AT).unwrap();
    assert_eq!(again.disputed(), disputed.disputed());
    let settled = submit(&again, StepKind::Arbitrate, &tuan, &[("child_name", "B")]).unwrap();
    let signed = submit(&settled, StepKind::SignOff, &person(6, Role::Registrar), &[]).unwrap();
    let giang = person(7, Role::Supervisor);
    let reopened = signed.apply(Event::Reopen { reason: "nhầm sổ".to_owned() }, &giang, AT).unwrap();
    assert_eq!(reopened.apply(Event::TakeBack, &giang, AT).unwrap().verified(), signed.verified());
}

fn any_role() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL.to_vec())
}

fn any_statement() -> impl Strategy<Value = Statement> {
    prop_oneof![
        4 => prop::sample::select(vec!["A", "B", "a"]).prop_map(Statement::of_text),
        1 => Just(Statement::of_lacuna(Lacuna::Illegible)),
        1 => Just(Statement::of_lacuna(Lacuna::Blank)),
        1 => Just(Statement::default()),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let step = prop::sample::select(StepKind::ALL.to_vec());
    let field = prop::sample::select(vec!["entry_number", "child_name", "birth_place", "notes", "other"]);
    let statements = prop::collection::vec((field, any_statement()), 0..4)
        .prop_map(|pairs| pairs.into_iter().map(|(f, s)| (f.to_owned(), s)).collect::<IndexMap<_, _>>());
    prop_oneof![
        8 => (step, statements).prop_map(|(step, statements)| Event::Submit { step, statements }),
        1 => Just(Event::Return { reason: "sai".to_owned() }),
        1 => Just(Event::Reopen { reason: "mở lại".to_owned() }),
        1 => Just(Event::Withdraw { reason: "trùng".to_owned() }),
        1 => Just(Event::Restore),
        1 => Just(Event::TakeBack),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Half of the events are what the due step asks for, so that chains are really walked; half are anything.
    #[test]
    fn rules_hold_whatever_people_do(
        sampled in any::<bool>(),
        draw in 0u16..1000,
        deeds in prop::collection::vec((any_event(), 0i64..6, any_role(), any::<bool>(), any_statement()), 0..60),
    ) {
        let chain = if sampled { Chain::accept_and_sample(500) } else { Chain::full() };
        let mut state = State::begin(chain.clone(), sheet("Trần Văn Ba", "12"), draw);
        for (wild, person_id, role, helpful, statement) in deeds {
            let (event, actor) = match (helpful, state.stage()) {
                (true, Stage::Awaiting(step)) => {
                    let roles = &chain.steps.iter().find(|s| s.kind == step).unwrap().roles;
                    let statements = state.attention().into_iter().map(|f| (f, statement.clone())).collect();
                    (Event::Submit { step, statements }, Actor::new(person_id, roles))
                }
                _ => (wild, Actor::new(person_id, &[role])),
            };
            let Ok(next) = state.apply(event.clone(), &actor, AT) else { continue };
            // History and snapshots are append-only.
            prop_assert_eq!(next.history().len(), state.history().len() + 1);
            prop_assert!(next.history().starts_with(state.history()));
            prop_assert!(next.snapshots().starts_with(state.snapshots()));
            state = next;

            for snapshot in state.snapshots() {
                prop_assert!(snapshot.statements.values().all(Statement::is_well_formed));
            }
            // Nobody acts twice in a round.
            let mut people: Vec<_> = state.snapshots().iter().map(|s| (s.round, s.person)).collect();
            let all = people.len();
            people.sort();
            people.dedup();
            prop_assert_eq!(people.len(), all);
            if let Some(record) = state.verified() {
                let steps: Vec<_> = record.people().iter().map(|(step, _, _)| *step).collect();
                prop_assert_eq!(steps.first(), Some(&StepKind::Entry));
                prop_assert_eq!(steps.last(), Some(&StepKind::SignOff));
                prop_assert_eq!(steps.contains(&StepKind::Blind), !sampled || draw < 500);
                prop_assert_eq!(steps.contains(&StepKind::Check), !sampled);
                let round: Vec<_> = state.snapshots().iter().filter(|s| s.round == state.round()).collect();
                if let Some(at) = round.iter().position(|s| s.step == StepKind::Blind) {
                    let differs = round[at].statements.iter().any(|(field, second)| {
                        !Statement::agree(round[at - 1].statements.get(field), Some(second))
                    });
                    prop_assert_eq!(differs, steps.contains(&StepKind::Arbitrate));
                }
            }
            // A blind turn tells nothing of what was read or said before.
            if state.stage() == Stage::Awaiting(StepKind::Blind)
                && let Ok(turn) = Turn::open(&state, &Actor::new(77, &[Role::Checker]))
            {
                for name in ["entry_number", "child_name"] {
                    prop_assert!(turn.fields()[name].hidden && turn.fields()[name].shown.is_none());
                    prop_assert!(turn.fields()[name].other.is_none());
                }
                prop_assert!(turn.said().is_empty());
            }
        }
        let replayed = State::replay(chain, sheet("Trần Văn Ba", "12"), draw, state.history()).unwrap();
        prop_assert_eq!(replayed, state);
    }

    /// What a blind reader is given does not depend on any value of a blind field.
    #[test]
    fn blind_turn_is_independent_of_hidden_values(first in "[A-Z]{1,6}", second in "[A-Z]{1,6}") {
        let turn = |text: &str| {
            let state = State::begin(Chain::full(), sheet(text, text), 0);
            let pairs = [("child_name", text), ("entry_number", text)];
            let state = submit(&state, StepKind::Entry, &person(1, Role::Clerk), &pairs).unwrap();
            let state = submit(&state, StepKind::Check, &person(2, Role::Checker), &pairs).unwrap();
            Turn::open(&state, &person(3, Role::Checker)).unwrap()
        };
        prop_assert_eq!(turn(&first), turn(&second));
    }

    /// Undo after any number of statements restores the turn as it was.
    #[test]
    fn undo_is_exact(words in prop::collection::vec((0usize..4, "[A-Z]{1,3}"), 1..20)) {
        let names = ["entry_number", "child_name", "birth_place", "notes"];
        let opened = Turn::open(&begin(), &person(1, Role::Clerk)).unwrap();
        let mut turn = opened.clone();
        for (field, word) in &words {
            turn.say(names[*field], Statement::of_text(word)).unwrap();
        }
        let json = serde_json::to_string(&turn).unwrap();
        let mut back: Turn = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&back, &turn);
        while back.undo().is_some() {}
        prop_assert_eq!(back, opened);
    }
}
