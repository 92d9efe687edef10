"""Allow or deny the handoff of IT assets, with every reason and the way to fix each.

The decision is made by a WebAssembly component that imports nothing, the same bytes in every host. This package runs it within limits.

    from handoff import Handoff, read_yaml

    policy = Handoff("handoff.wasm").load(read_yaml("policy.yaml"))
    decision = policy.close(facts, "ticket:REQ-2041")
    if decision:
        ...

Callers proceed on an allow only: a `HandoffError` is a refusal.
"""

from handoff.answers import Actor, Answer, Decision, Finding, NextItem, PolicyName, Waiver
from handoff.audit import Audit, AuditFinding, Overstay
from handoff.documents import read_yaml
from handoff.engine import Limits
from handoff.errors import Disbelieved, HandoffError, Position, Problem, Problems, Refused, Stopped
from handoff.policy import Handoff, Policy

__all__ = [
    "Actor",
    "Answer",
    "Audit",
    "AuditFinding",
    "Decision",
    "Disbelieved",
    "Finding",
    "Handoff",
    "HandoffError",
    "Limits",
    "NextItem",
    "Overstay",
    "Policy",
    "PolicyName",
    "Position",
    "Problem",
    "Problems",
    "Refused",
    "Stopped",
    "Waiver",
    "read_yaml",
]
