//! The one table of finding codes: what each means and how it is put right. `handoff explain`, `docs/codes.md` and the tests read it.
//!
//! A code is never reused for another meaning.

/// What a code tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A reason in a decision; plans, reviews and audits find it as well.
    Decision,
    /// A finding of a plan or a review.
    Plan,
    /// A finding of a plan or a review, and of an audit.
    PlanOrAudit,
    /// A finding of an audit.
    Audit,
    /// A problem of a policy document.
    Policy,
    /// A problem of a facts document.
    Facts,
    /// A problem of a question.
    Question,
}

/// A code with what `handoff explain` says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: &'static str,
    /// What it tells of.
    pub stage: Stage,
    /// What it means.
    pub means: &'static str,
    /// How it is put right.
    pub remedy: &'static str,
}

macro_rules! findings {
    ($($stage:ident { $($variant:ident $code:literal: $means:literal, $remedy:literal;)* })*) => {
        /// Why something is not as it has to be.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Code { $($($variant,)*)* }

        impl Code {
            pub fn as_str(self) -> &'static str {
                match self { $($(Self::$variant => $code,)*)* }
            }

            pub fn remedy(self) -> &'static str {
                match self { $($(Self::$variant => $remedy,)*)* }
            }
        }

        const FINDINGS: &[Explanation] = &[
            $($(Explanation { code: $code, stage: Stage::$stage, means: $means, remedy: $remedy },)*)*
        ];
    };
}

findings! {
    Decision {
        // The question and the item.
        UnknownItem "unknown-item": "the facts hold no item of this id", "check the id, and pass the item's record with the facts";
        DuplicateItem "duplicate-item": "several records have this id, and they may contradict each other", "merge the records, or give each an id of its own";
        DuplicateIdentity "duplicate-identity": "another asset is recorded under the same serial, tag, number or login", "find out which record is the thing at hand, and retire or correct the other";
        UnknownKind "unknown-kind": "the item's kind is not recorded, or the policy does not declare it", "record a kind that the policy declares, or declare this one";
        UndefinedWorkflow "undefined-workflow": "no workflow of the policy is for items of this kind", "add the kind to a workflow of the policy";
        UnknownState "unknown-state": "the item's present state is not recorded, or its workflow does not declare it", "record a state of the workflow, or declare the old name under `renamed_from`";
        UnknownTarget "unknown-target": "the workflow has no state of the name that was asked for", "ask for one of the legal next states";
        NoSuchTransition "no-such-transition": "the workflow has no transition from the present state to the one asked for", "take one of the legal next steps first";
        NotAClosingState "not-a-closing-state": "the state asked for does not close the ticket", "name a closing state of the workflow";
        ClosingStateNotNamed "closing-state-not-named": "the workflow has no default closing state and the question names none", "name the closing state";
        KindChangeNotAllowed "kind-change-not-allowed": "the present state has no exit to the kind asked for", "go to a state that allows the change, or open a ticket of the new kind";
        GateEmpty "gate-empty": "the workflow demands a gate for every state and this state has none", "write the state's gate in the policy";
        SubjectUnknown "subject-unknown": "the person that the ticket is about is not recorded, or not among the people", "record the subject, and pass that person's record with the facts";
        TicketAmbiguous "ticket-ambiguous": "several open tickets link the asset in a fitting role", "name the ticket in the question";
        TicketUnfit "ticket-unfit": "the ticket that is named is not an open one that links the asset in a fitting role", "name the ticket that this is done under, or none where only one fits";
        BatchConflict "batch-conflict": "the questions asked together can't all be done: the same item twice, more seats than there are, or a duplicate with its survivor", "ask again without the others";

        // The actor.
        ActorMissing "actor-missing": "nobody is named who acts", "say who acts, and in which roles";
        ActorNotResponsible "actor-not-responsible": "the actor holds none of the roles that may take this step", "let somebody in a responsible role act";
        ActorIsSubject "actor-is-subject": "the person that the handoff is about may not take this step", "let somebody else in a responsible role act";
        AutomationNotAllowed "automation-not-allowed": "software may not take this step by itself", "let a person act, or mark the transition `automation: true` in the policy";
        AutomationWithoutPrincipal "automation-without-principal": "the automation does not say on whose behalf it acts, or names itself, or nobody among the people", "pass the person as `on_behalf_of` with the actor";
        RoleVacant "role-vacant": "nobody active holds the accountable role", "give the role to somebody";

        // The record of the past.
        HistoryStateMismatch "history-state-mismatch": "the history does not end in the present state: the state was set by hand, or entries are missing", "record the missing transition, or take the correction path";
        HistoryBroken "history-broken": "an entry of the history does not start where the one before ended", "complete the history from the platform's log";
        HistoryUndeclaredEdge "history-undeclared-edge": "an entry of the history follows no transition of the workflow, so it does not count as passed", "take the declared transitions, or declare this one";
        CorrectionUnexplained "correction-unexplained": "a correction in the history lacks its reason or a second person", "record why it was corrected and who confirmed it";
        IdentityChangedOffPath "identity-changed-off-path": "the identity changed outside a transition that may change it", "take the repair or correction path, and verify the item anew";
        LinkRemovalUnexplained "link-removal-unexplained": "a link was taken away without saying who did it, when and why; it still counts", "record by, at and reason of the removal";
        LinkRoleMissing "link-role-missing": "the link does not say what the ticket does with the asset, and this kind of ticket has no default", "write the link with its role";
        LinkMissing "link-missing": "the facts tie the asset to the ticket, which neither links it nor says who took the link away", "link it again in its role, or record who removed the link, when and why";
        LinkUnknownAsset "link-unknown-asset": "the linked asset is not among the facts", "pass the asset's record with the facts";

        // Requirements.
        NotRecorded "not-recorded": "the facts are silent on something that the policy requires; unknown is not false, and not true either", "record it, or pass it with the facts";
        RegisterNotCovered "register-not-covered": "the facts do not claim to be complete where the policy requires that something does not exist", "pass fresh `coverage` of what the claim is about";
        AttributeMismatch "attribute-mismatch": "an attribute does not have the required value", "put the attribute right on the item, then record it";
        AttributeType "attribute-type": "the value of an attribute is not of the type that the policy declares", "send the value in the declared type";
        AttributeStale "attribute-stale": "the attribute was observed too long ago, or at a time still to come", "observe it again";
        AttributeSource "attribute-source": "the attribute comes from a source that does not count", "take the value from one of the listed sources";
        EvidenceMissing "evidence-missing": "no passed check of this name is recorded for the item", "make the check and record it";
        EvidenceFailed "evidence-failed": "the latest check failed", "mend what failed and repeat the check";
        EvidenceOtherItem "evidence-other-item": "the check was made on something with another serial, tag, number or login", "check the thing at hand, or correct the record";
        EvidenceUnbound "evidence-unbound": "the evidence does not say which serial, tag, number or login was seen", "repeat the check and record what was seen";
        EvidenceWrongRole "evidence-wrong-role": "the check was made by somebody in a role that does not count", "have it made in one of the named roles";
        EvidenceWrongMeans "evidence-wrong-means": "the check came into the record by means that do not count", "repeat it by the means that the policy names, such as a scan";
        EvidenceStale "evidence-stale": "the check is too old", "repeat the check";
        EvidenceTooEarly "evidence-too-early": "the check was made before the item last entered the state after which it counts", "repeat the check";
        EvidenceFuture "evidence-future": "the record is dated after the time of decision", "correct the time, or the clock of the source";
        EvidenceNotIndependent "evidence-not-independent": "the check was made by somebody who may not check this", "have somebody else check";
        EvidenceVoid "evidence-void": "the evidence was lost by a later correction or change of identity", "repeat the check";
        IdentityPlaceholder "identity-placeholder": "a placeholder stands where the serial should be", "read the serial off the device and record it";
        ApprovalMissing "approval-missing": "too few people in the required roles have approved", "ask for the approval";
        ApprovalRefused "approval-refused": "somebody in a required role has refused", "settle the refusal with whoever refused";
        ApprovalLapsed "approval-lapsed": "what was approved has changed since", "ask for the approval anew";
        ApprovalSelf "approval-self": "the approval was given by the requester, the actor, the subject, or software", "have somebody else approve";
        SignatureMissing "signature-missing": "the receipt or return is not signed by the person who has to", "have it signed";
        SignatureTooEarly "signature-too-early": "the signature is older than the last issue of the item to its holder, or than its present identity", "have it signed anew";
        SignatureOtherItem "signature-other-item": "the signature is for something with another serial, tag, number or login", "have it signed for the thing at hand";
        ChecklistIncomplete "checklist-incomplete": "an entry of the checklist is not marked", "do it and mark it";
        ChecklistSkipped "checklist-skipped": "an entry of the checklist was skipped that may not be", "do it and mark it";
        ChecklistWrongDepartment "checklist-wrong-department": "an entry of the checklist was marked by another department", "have the owning department mark it";
        OwnerMismatch "owner-mismatch": "the record's owner is not the one that it has to be", "put the owner in the record right";
        LocationMismatch "location-mismatch": "the record's location is not the one that it has to be", "put the location in the record right";
        StateNotPassed "state-not-passed": "the history does not show that the item went through a state", "take the transitions in order";
        WrongState "wrong-state": "the item is not in one of the required states", "take it there first";
        TaskOpen "task-open": "a task is not done", "do it, and record who did it and when";
        TaskSkipped "task-skipped": "a task was skipped that may not be", "do it, or cancel the ticket";
        TaskUnsupported "task-unsupported": "a task is marked done, and what it is for does not hold", "do what the task is for";
        NoLinkedAsset "no-linked-asset": "the ticket links no asset", "link what the ticket is about";
        LinkWithoutCase "link-without-case": "the policy has no case for a linked asset of this kind in this role, or the kind of ticket is not for such links", "link it in a role that fits, or add the case to the policy";
        StillHeld "still-held": "something is still in the person's name or hands", "collect it, with evidence of the return, and clear the record";
        ExceptionOpen "exception-open": "an exception is not reconciled", "do its reconciliation steps and declare it reconciled, or hand it to an open ticket with owner and due date";
        ExceptionInactive "exception-inactive": "an exception that would waive the requirement is not active", "complete its approvals, or ask for a new one";
        ExpressionFalse "expression-false": "an expression of the policy is false on these facts", "see the requirement's remedy";
        ExpressionError "expression-error": "an expression of the policy can't be worked out on these facts, so it is not met", "record the facts that it reads, or correct the expression";
        TooEarly "too-early": "the step is taken before the day that the policy names", "wait until then";
        TooLate "too-late": "the step is taken after the day that the policy names", "take it now, under an exception where the policy has one";
        StockAvailable "stock-available": "something of this kind is in stock or free, so none need be procured", "take what is there";
        NoneAvailable "none-available": "none is free", "free one, or procure one";
        ShipmentIncomplete "shipment-incomplete": "the return shipment lacks something", "complete the shipment and record it";
        NoAlternativeMet "no-alternative-met": "none of the alternatives is met", "meet one of them";
        IssuedStillOut "issued-still-out": "something issued under the ticket is still out, so the ticket can't be cancelled", "bring it back, or write it off, first";
        SurvivorMissing "survivor-missing": "no open ticket about the same person holds all links of this duplicate", "relate it to the open ticket that goes on, and link everything there";
    }
    Plan {
        PlanUndeclared "plan-undeclared": "the policy does not say how this direction is planned", "declare it under `plans`";
        ProfileUnknown "profile-unknown": "the person's role profile is not one that the policy declares", "record a declared profile, or declare this one under `profiles`";
        ProfileItemUnaccounted "profile-item-unaccounted": "the profile of somebody who leaves, or the old one of somebody who moves, asks for something that the register does not have in their name", "find out whether they have it, and record it";
        OutsideProfile "outside-profile": "somebody has something that their profile does not ask for", "take it back, or add it to the profile";
        LeadTimeShort "lead-time-short": "less time is left than the policy wants between the opening of the ticket and the day", "begin at once, and agree on what will be late";
        ReadinessAtRisk "readiness-at-risk": "by the usual stays something will not be ready on the first day", "hurry it, take one that is further on, or lend one";
        ReturnOutstanding "return-outstanding": "somebody who comes back still has something from an earlier employment", "collect it, or issue it anew with a receipt";
        AccessRevokedEarly "access-revoked-early": "access was taken from somebody who leaves before the window that the policy names", "find out why; give it back where the work needs it until the last day";
        AccessRevokedLate "access-revoked-late": "access was taken from somebody who left after the window that the policy names", "look over what was done with it in the meantime";
        AccessActive "access-active": "somebody has left, the window in which access is to be taken is over, and the access is still there", "revoke it now";
        ReturnOverdue "return-overdue": "something should be back by now", "ask for it, and tell whoever answers for it";
        SharedInUse "shared-in-use": "somebody who leaves uses something that a department shares", "change its secret, and take them off its record";
    }
    PlanOrAudit {
        StatusContradicted "status-contradicted": "a person's status, days and engagements contradict each other", "correct the status, or the days";
        TaskOverdue "task-overdue": "a task should be done by now", "do it, or agree on another day";
        StewardDeparted "steward-departed": "something shared has no steward, or one who is unknown, leaves or has left", "name another steward, and rotate what the old one knew";
        LoanOverdue "loan-overdue": "a loan should be back by now", "ask for it, or agree on another day";
        NoticeWithoutTicket "notice-without-ticket": "somebody comes or goes soon, and no ticket is open for it", "open the ticket: `handoff plan` tells what it has to hold";
        ClosedUnsupported "closed-unsupported": "a ticket is closed, and its closing gate would refuse it today", "open a follow-up, and put right what does not hold";
    }
    Audit {
        Stalled "stalled": "an item has been in a state for longer than the policy allows", "do what is missing for the next step, or tell whoever it is to be escalated to";
        StateUnsupported "state-unsupported": "the state is claimed, and what it demands does not hold", "put it right, or take the item back to a state that is true";
        StockInAName "stock-in-a-name": "an item in stock stands in somebody's name, or is in somebody's hands", "clear the name with evidence of the return, or record the hand-over";
        RecordContradicted "record-contradicted": "a record contradicts itself", "find out what is true, and correct the record";
        RecordStale "record-stale": "nothing has touched or seen the record for longer than the policy allows", "look for the thing, and confirm or correct its record";
        OwnerMissing "owner-missing": "something in use has no owner on record", "find out who has it, and record the owner";
        OwnerUnknown "owner-unknown": "the owner on record is nobody that the register knows", "correct the owner, or add the missing person or department";
        OwnerDeparted "owner-departed": "something stands in the name or is in the hands of somebody who has left", "collect it, with evidence of the return, and clear the record";
        RelationMissing "relation-missing": "a record refers to one that is not there, or lacks a relation that its kind has to have", "record what it belongs to, or remove the reference";
        SeatIdle "seat-idle": "a seat has not been used for longer than the policy allows", "ask its holder, and reclaim it";
        LicenceUnknown "licence-unknown": "seats of a product are taken, and no licence for it is recorded", "record the licence, or give the seats up";
        LicenceOverAllocated "licence-over-allocated": "more seats of a product are taken than were bought", "reclaim seats, or buy more";
        LicenceCountMismatch "licence-count-mismatch": "the count of seats taken differs from the records of seats", "compare the vendor's list with the register";
        ExceptionExpired "exception-expired": "an exception has run out and is not reconciled", "do its reconciliation steps and declare it reconciled";
        UndecidedTransition "undecided-transition": "an item changed its state, and no decision in the log allowed it", "find out who took the step, and why: where it was allowed complete the log, else make up for what the gate demands, or take the item back";
        TicketReopened "ticket-reopened": "a ticket was opened again after it had closed", "find out what the closing gate did not ask for";
        TicketOverdue "ticket-overdue": "a ticket should be closed by now", "close it, or agree on another day";
        AssigneeNotInCharge "assignee-not-in-charge": "the person who works on a ticket holds neither a responsible role of its next step nor the accountable one", "assign it to somebody in one of these roles";
        RoleThin "role-thin": "only one active person holds the role", "give it to a second person";
        SopStale "sop-stale": "a procedure was last reviewed longer ago than the policy allows", "review it, and record the day";
        SopMissing "sop-missing": "a step has no procedure, neither its own nor its state's", "write one, and name it under `sop`";
    }
}

macro_rules! problems {
    ($($stage:ident $code:literal: $means:literal, $remedy:literal;)*) => {
        const PROBLEMS: &[Explanation] = &[$(Explanation { code: $code, stage: Stage::$stage, means: $means, remedy: $remedy },)*];
    };
}

problems! {
    Facts "facts-syntax": "the text is not JSON", "mend the text at the place told";
    Facts "facts-too-large": "the facts are larger than any that are read at once", "pass the items asked about and those that they link";
    Facts "register-order": "a person, a licence, an exception, a decision or coverage comes after the first asset or ticket of a register that is read line by line", "put them first";
    Facts "register-joined": "what an audit kept does not fit the one that is to go on from it", "join parts of the same register, audited at the same time by the same policy";
    Facts "facts-shape": "a value is not of the shape that facts have", "see docs/facts.md for the key";
    Question "question-syntax": "the question is not JSON", "mend the text at the place told";
    Question "question-shape": "a value is not of the shape that questions have", "see docs/schema/question.json";
    Question "item-missing": "the question names no item, and the facts hold none or several that it could mean", "name the item";
    Question "direction-missing": "a review does not say which way somebody goes, and neither an open ticket nor their status and last day tell it", "say `joiner`, `mover` or `leaver`";
    Question "review-unfit": "a review is asked of a ticket of a kind under which nobody's coming, moving or going is planned, or of another direction", "name a ticket of a kind that `plans` names";
    Question "time-missing": "neither the question nor the facts say at what time to decide", "pass `at`";
    Policy "policy-syntax": "the text is not a document", "mend the text at the place told";
    Policy "policy-shape": "a value is not of the shape that policies have", "see docs/policy.md for the key";
    Policy "policy-format": "the format version is missing or not known here", "write `format: 1`, or take a version of Handoff that reads it";
    Policy "policy-too-large": "the document is larger than any that is read", "split it";
    Policy "undeclared-name": "a name is used that the policy does not declare", "declare it, or correct the spelling";
    Policy "name-taken": "a name stands for two things", "rename one of them";
    Policy "listed-twice": "a list names something twice", "list it once";
    Policy "list-empty": "a list that has to name something is empty", "name at least one";
    Policy "count-range": "a count is out of its range", "see docs/policy.md for the range";
    Policy "duration-range": "a duration is out of its range", "see docs/policy.md for the range";
    Policy "form-missing": "a requirement has no form", "name one form, such as `attribute` or `evidence`";
    Policy "form-twice": "a requirement has two forms", "join two requirements with `all` or `any`";
    Policy "form-shape": "the keys of a form do not go together", "see docs/policy.md for the form";
    Policy "requirement-depth": "requirements stand in each other too deep", "give the inner ones names";
    Policy "requirement-cycle": "requirements use each other in a circle", "break the circle";
    Policy "requirement-unfit": "a requirement is listed where its form can't be judged", "list it on a workflow of the other sort";
    Policy "condition-unfit": "a condition reads what is never there where it is judged", "ask about something that is there";
    Policy "requirement-unused": "a requirement has a name and guards nothing", "list it in a gate or on a transition, or remove it";
    Policy "case-unreached": "a case of `assets` is never reached, because the cases before take all that it chooses", "move it up, or remove it";
    Policy "workflow-kinds": "a workflow is not for kinds of assets or for kinds of tickets", "list them under `assets` or under `tickets`";
    Policy "kind-in-two-workflows": "a kind is in two workflows", "leave it in one";
    Policy "kind-without-workflow": "a kind is in no workflow", "add it to one";
    Policy "edge-twice": "the same way is declared twice", "write each way once";
    Policy "no-initial-state": "nothing is ever created in the workflow", "declare a creation, `-> STATE`";
    Policy "no-closing-state": "no ticket of the workflow can ever close", "mark a state `closing`";
    Policy "closing-default": "the default closing state does not close", "name a closing state";
    Policy "category-missing": "a state of an asset does not say where the asset stands", "give it a category";
    Policy "category-unfit": "a state says something that only states of the other sort say", "assets have a `category`, tickets have `closing`";
    Policy "main-missing": "several ways lead out of a state and none is the main one", "name it under `main`";
    Policy "main-unfit": "the main way is no way out of the state", "name a state to which a transition leads";
    Policy "dead-end": "no way leads out of a state that is not an end", "declare a transition, or mark the state as an end";
    Policy "unreachable": "no way leads to a state", "declare a transition to it";
    Policy "must-pass": "a path goes round a state that no path may go round", "remove the path, or lead it through the state";
    Policy "protective-unfit": "a protective state closes a ticket, hands something out, or makes it ready for that", "mark only states that stop a risk";
    Policy "gate-unsatisfiable": "nobody can meet a requirement", "see what excludes what";
    Policy "offboarding-gate": "the gate of an offboarding lacks what it has to demand", "add nothing_held, reconciled and timing";
    Policy "task-cycle": "a task comes after itself, over others or at once", "take one of the templates between out";
    Policy "handover-sop": "the responsible roles change over a state, and it has no procedure", "name a procedure under `sop`";
    Policy "handover-stay": "the responsible roles change over a state, and it has no longest stay", "say how long an item may stay";
    Policy "handover-inform": "the next team is not informed of what comes to it", "list one of its roles under `informed`";
    Policy "automation-unfit": "software may act where procedure, evidence or longest stay are missing", "add them, or take `automation` away";
    Policy "correction-unfit": "a correction does not demand a second person", "require evidence with `other_than: {actor: true}`";
    Policy "correction-forward": "a correction leads to where no item came from, so it undoes nothing", "declare it as a transition like any other";
    Policy "waives-unwaivable": "an exception kind lists a requirement that is never waived", "take it off the list";
    Policy "waives-nothing": "an exception kind lists a requirement that only joins others, so that it waives nothing", "list those that it joins";
    Policy "gate-missing": "the workflow demands a gate for every state, and a state has none", "write its gate";
    Policy "laxer-requirement": "a requirement demands less than before", "make sure that it is meant";
    Policy "laxer-edge": "a new or opened way leads past what was demanded before", "make sure that it is meant";
    Policy "laxer-exception": "exceptions reach further than before", "make sure that it is meant";
    Policy "laxer-setting": "a limit is wider than before", "make sure that it is meant";
}

/// Every code with what it means, sorted by stage and code.
#[must_use]
pub fn codes() -> Vec<Explanation> {
    let mut all: Vec<Explanation> = FINDINGS.iter().chain(PROBLEMS).chain(crate::expression::CODES).copied().collect();
    all.sort_by_key(|explanation| (explanation.stage, explanation.code));
    all
}

/// What one code means.
#[must_use]
pub fn explain(code: &str) -> Option<Explanation> {
    codes().into_iter().find(|explanation| explanation.code == code)
}
