# May this laptop enter `secured`? The eight requirements of the case, as one writes them in Rego: `input` is the facts as they are,
# with the question in it.
package secured

import rego.v1

default allow := false

allow if count(unmet) == 0

# What is in the way, by name.
unmet contains "actor" if not permitted

unmet contains name if {
	some name in gate
	not met[name]
	not waived[name]
}

# Who may do it, and from where.
permitted if {
	"desktop-support" in input.actor.roles
	asset.state == "configured"
}

gate := [
	"disk-is-encrypted",
	"managed-by-mdm",
	"patches-are-current",
	"firmware-is-locked",
	"build-is-standard",
	"serial-is-verified",
	"imaged-since-verified",
	"final-check-is-done",
]

met contains "disk-is-encrypted" if {
	asset.attributes.disk_encrypted.value == true
	recent(asset.attributes.disk_encrypted.observed_at, 30)
}

met contains "managed-by-mdm" if {
	asset.attributes.mdm_enrolled.value == true
	recent(asset.attributes.mdm_enrolled.observed_at, 30)
}

met contains "patches-are-current" if recent(asset.attributes.patched_at, 30)

met contains "firmware-is-locked" if asset.attributes.firmware_locked == true

met contains "build-is-standard" if {
	asset.attributes.image in {"office-2026.1", "office-2026.2", "clinical-2026.1", "mobile-2026.1"}
}

met contains "serial-is-verified" if {
	check := latest("serial-scan")
	counts(check)
	check.means == "scanned"
	check.role in {"goods-in", "desktop-support"}
}

met contains "serial-is-verified" if {
	check := latest("serial-report")
	counts(check)
	check.means == "reported"
}

met contains "imaged-since-verified" if {
	check := latest("imaging")
	counts(check)
	check.means in {"scanned", "reported", "typed"}
	check.role == "desktop-support"
	time.parse_rfc3339_ns(check.at) >= time.parse_rfc3339_ns(entry("verified").at)
}

# Four eyes: not by whoever built it.
met contains "final-check-is-done" if {
	check := latest("final-check")
	counts(check)
	check.means in {"scanned", "reported", "typed"}
	check.role in {"desktop-support", "service-desk"}
	check.by != entry("configured").by
	time.parse_rfc3339_ns(check.at) >= time.parse_rfc3339_ns(entry("configured").at)
	recent(check.at, 90)
}

# An exception waives what it names, as far as its kind does, while it lasts, once both have approved.
waived contains name if {
	some exception in input.exceptions
	exception.kind == "executive-request"
	concat(":", ["asset", asset.id]) in exception.items
	some name in exception.requirements
	name in {"build-is-standard", "nothing-suitable-is-in-stock"}
	time.parse_rfc3339_ns(exception.starts) <= now
	time.parse_rfc3339_ns(exception.expires) > now
	time.parse_rfc3339_ns(exception.starts) + (30 * day) > now
	approved(exception, "it-manager")
	approved(exception, "security-officer")
}

approved(exception, role) if {
	some approval in exception.approvals
	approval.role == role
	approval.verdict == "approved"
	not approval.by in {exception.requested_by, input.actor.id}
	time.parse_rfc3339_ns(approval.at) <= now
}

asset := found if {
	some found in input.assets
	found.id == input.question.asset
}

# The latest check of a name, and the latest entry into a state.
latest(name) := last([[time.parse_rfc3339_ns(check.at), check] | some check in asset.evidence; check.check == name])

entry(state) := last([[time.parse_rfc3339_ns(change.at), change] | some change in asset.history; change.to == state])

last(dated) := max(dated)[1]

# A check counts where it passed, on this very device, and has happened.
counts(check) if {
	check.result == "passed"
	check.seen == asset.serial
	time.parse_rfc3339_ns(check.at) <= now
}

recent(text, days) if {
	at := time.parse_rfc3339_ns(text)
	at <= now
	at + (days * day) > now
}

now := time.parse_rfc3339_ns(input.at)

day := ((24 * 60) * 60) * 1000000000
