//! Figures for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use handoff::core::ask::AllowOrDeny;

use super::{Phase, Server};
use crate::log::Decided;

/// Upper bounds of the buckets of durations, in microseconds.
const BUCKETS: [u64; 12] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_000_000, 10_000_000];

/// What was counted since the start.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    counts: Mutex<Counts>,
    reloads: AtomicU64,
    failed_reloads: AtomicU64,
}

#[derive(Debug, Default)]
struct Counts {
    requests: BTreeMap<(&'static str, u16), u64>,
    decisions: BTreeMap<(&'static str, &'static str), u64>,
    durations: BTreeMap<&'static str, Histogram>,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum: u64,
}

impl Metrics {
    pub fn answered(&self, route: &'static str, status: u16, duration: Duration) {
        let micros = super::events::micros(duration);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.requests.entry((route, status)).or_default() += 1;
        let histogram = counts.durations.entry(route).or_default();
        histogram.count += 1;
        histogram.sum = histogram.sum.saturating_add(micros);
        for (bucket, _) in histogram.buckets.iter_mut().zip(BUCKETS).filter(|(_, bound)| micros <= *bound) {
            *bucket += 1;
        }
    }

    pub fn decided(&self, ask: &'static str, decisions: &[Decided]) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for decided in decisions {
            let verdict = match decided.verdict {
                AllowOrDeny::Allow => "allow",
                AllowOrDeny::Deny => "deny",
            };
            *counts.decisions.entry((ask, verdict)).or_default() += 1;
        }
    }

    pub fn reloaded(&self, good: bool) {
        if good { &self.reloads } else { &self.failed_reloads }.fetch_add(1, Ordering::Relaxed);
    }
}

/// All figures as text.
pub(super) fn text(server: &Server) -> String {
    let mut page = String::new();
    let mut family = |name: &str, kind: &str, help: &str, rows: &[(String, String)]| {
        // Writing to a text can't fail.
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(page, "{name}{labels} {value}");
        }
    };
    let one = |value: u64| vec![(String::new(), value.to_string())];
    let counts = server.metrics.counts.lock().unwrap_or_else(PoisonError::into_inner);
    let rows: Vec<_> = counts
        .requests
        .iter()
        .map(|((route, status), count)| (format!("{{route=\"{route}\",status=\"{status}\"}}"), count.to_string()))
        .collect();
    family("handoff_requests_total", "counter", "Requests that were answered.", &rows);
    let rows: Vec<_> = counts
        .decisions
        .iter()
        .map(|((ask, verdict), count)| (format!("{{ask=\"{ask}\",verdict=\"{verdict}\"}}"), count.to_string()))
        .collect();
    family("handoff_decisions_total", "counter", "Decisions that were answered.", &rows);
    let mut rows = Vec::new();
    for (route, Histogram { buckets, count, sum }) in &counts.durations {
        for (bucket, bound) in buckets.iter().zip(BUCKETS) {
            rows.push((format!("_bucket{{route=\"{route}\",le=\"{}\"}}", seconds(bound)), bucket.to_string()));
        }
        rows.push((format!("_bucket{{route=\"{route}\",le=\"+Inf\"}}"), count.to_string()));
        rows.push((format!("_sum{{route=\"{route}\"}}"), seconds(*sum)));
        rows.push((format!("_count{{route=\"{route}\"}}"), count.to_string()));
    }
    drop(counts);
    family("handoff_request_duration_seconds", "histogram", "Time from the head of a request to its answer.", &rows);
    let under_way = server.settings.concurrency.saturating_sub(server.admission.available_permits());
    family("handoff_requests_under_way", "gauge", "Requests that are being answered.", &one(u64::try_from(under_way).unwrap_or(u64::MAX)));
    let load = |count: &AtomicU64| count.load(Ordering::Relaxed).to_string();
    let reloads = [
        ("{result=\"loaded\"}".to_owned(), load(&server.metrics.reloads)),
        ("{result=\"refused\"}".to_owned(), load(&server.metrics.failed_reloads)),
    ];
    family("handoff_reloads_total", "counter", "Files of policy and component that were loaded anew, or refused.", &reloads);
    family(
        "handoff_rules_refused",
        "gauge",
        "1 where the files of policy and component hold what is not used.",
        &one(u64::from(server.rules.refused().is_some())),
    );
    family("handoff_ready", "gauge", "1 where the server gives verdicts.", &one(u64::from(server.unready().is_none())));
    family("handoff_draining", "gauge", "1 where the server is about to stop.", &one(u64::from(server.phase() > Phase::Serving)));
    let active = server.rules.active();
    let label = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let policy = format!(
        "{{name=\"{}\",version=\"{}\",digest=\"{}\",component=\"{}\"}}",
        label(&active.policy.name),
        label(&active.policy.version),
        active.policy.digest,
        active.component_digest
    );
    family("handoff_policy_info", "gauge", "The policy and the component that decide.", &[(policy, "1".to_owned())]);
    if let Some(logging) = &server.settings.log {
        let state = logging.log.state();
        family("handoff_log_lines", "gauge", "The number of the last line of the decision log.", &one(state.seq.load(Ordering::Relaxed)));
        family("handoff_log_syncs_total", "counter", "How often the disk was waited for.", &one(state.syncs.load(Ordering::Relaxed)));
        let failures = state.failures.load(Ordering::Relaxed);
        family("handoff_log_failures_total", "counter", "Lines of the decision log that could not be written.", &one(failures));
    }
    page
}

/// Microseconds as seconds, without a detour over floating point.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
