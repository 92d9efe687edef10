//! Cards for chats: the same few lines for Microsoft Teams and for Slack, as the body that their incoming webhooks take.

use handoff::core::ask::PolicyName;
use handoff::core::{Offset, Time, visible};
use serde_json::{Value, json};

/// What a card says, from the most important down. Texts come from registers: nothing in them is taken for markup, and nobody is called by them.
#[derive(Debug, Default)]
pub(crate) struct Card {
    /// A word or two.
    pub title: String,
    /// Whether nobody has to act.
    pub good: bool,
    pub headline: String,
    pub sections: Vec<Section>,
    /// By which policy, and when.
    pub footer: String,
}

/// Lines under a heading.
#[derive(Debug, Default)]
pub(crate) struct Section {
    pub title: String,
    pub lines: Vec<String>,
    /// So many lines are left out already.
    pub more: u64,
}

/// What both chats take without refusing or folding it.
const SECTIONS: usize = 8;
const LINES: usize = 8;
const CHARACTERS: usize = 240;

/// By which policy, and when.
pub(super) fn footer(policy: &PolicyName, at: Time, offset: Offset) -> String {
    visible(&format!("Policy {} {}, at {}", policy.name, policy.version, at.in_offset(offset))).into_owned()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= CHARACTERS { text.to_owned() } else { text.chars().take(CHARACTERS - 1).chain(['…']).collect() }
}

impl Section {
    /// The lines that are shown.
    fn shown(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.lines.iter().take(LINES).map(|line| cut(line)).collect();
        let more = self.more.saturating_add(u64::try_from(self.lines.len().saturating_sub(LINES)).unwrap_or(u64::MAX));
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines
    }
}

impl Card {
    /// The sections that are shown, and a line about the others.
    fn shown(&self) -> (impl Iterator<Item = &Section>, Option<String>) {
        let more = self.sections.len().saturating_sub(SECTIONS);
        (self.sections.iter().take(SECTIONS), (more > 0).then(|| format!("and {more} more sections")))
    }

    /// A message for Microsoft Teams, with an Adaptive Card. What comes from a register stands in runs of text, in which Teams reads no markdown.
    pub fn teams(&self) -> Value {
        let run = |text: &str, bold: bool, subtle: bool| json!({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": cut(text), "weight": if bold { "Bolder" } else { "Default" }, "isSubtle": subtle}]});
        let colour = if self.good { "Good" } else { "Attention" };
        let mut body = vec![
            json!({"type": "TextBlock", "text": self.title, "size": "Large", "weight": "Bolder", "color": colour, "wrap": true}),
            run(&self.headline, false, false),
        ];
        let (sections, rest) = self.shown();
        for section in sections {
            let mut heading = run(&section.title, true, false);
            if let Some(heading) = heading.as_object_mut() {
                heading.insert("separator".to_owned(), json!(true));
            }
            body.push(heading);
            body.extend(section.shown().iter().map(|line| run(&format!("• {line}"), false, false)));
        }
        body.extend(rest.iter().chain([&self.footer]).map(|line| run(line, false, true)));
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "msteams": {"width": "Full"},
                    "body": body,
                },
            }],
        })
    }

    /// A message for Slack, with blocks. What comes from a register is plain text, in which Slack reads neither links nor mentions.
    pub fn slack(&self) -> Value {
        let plain = |text: String| json!({"type": "plain_text", "text": text, "emoji": false});
        let sign = if self.good { "✓" } else { "!" };
        let mut blocks = vec![
            json!({"type": "header", "text": plain(cut(&format!("{sign} {}", self.title)).chars().take(150).collect())}),
            json!({"type": "section", "text": plain(cut(&self.headline))}),
        ];
        let (sections, rest) = self.shown();
        for section in sections {
            let lines = section.shown().iter().map(|line| format!("\n• {line}")).collect::<String>();
            blocks.push(json!({"type": "divider"}));
            blocks.push(json!({"type": "section", "text": plain(format!("{}{lines}", cut(&section.title)))}));
        }
        let footer = rest.into_iter().chain([self.footer.clone()]).map(|line| plain(cut(&line))).collect::<Vec<_>>();
        blocks.push(json!({"type": "context", "elements": footer}));
        // What is shown where there is no room for the blocks: here, mentions would be read.
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        json!({"text": escaped(&cut(&format!("{}: {}", self.title, self.headline))), "blocks": blocks})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        let lines = (0..40).map(|number| format!("<!channel> [x](https://example.org) {number} {}", "x".repeat(500))).collect();
        let section = || Section { title: "*to* <@U1>".to_owned(), lines: Vec::new(), more: 0 };
        let mut sections: Vec<Section> = std::iter::repeat_with(section).take(20).collect();
        sections.insert(0, Section { title: "first".to_owned(), lines, more: 5 });
        Card { title: "Stalled".to_owned(), good: false, headline: "<!here> & more".to_owned(), sections, footer: "by policy x".to_owned() }
    }

    #[test]
    fn nothing_in_a_register_is_markup_or_calls_anybody() {
        let slack = card().slack();
        assert_eq!(slack["text"], "Stalled: &lt;!here&gt; &amp; more");
        let blocks = slack["blocks"].as_array().expect("blocks");
        let texts = |block: &Value| block.get("text").cloned().into_iter().chain(block["elements"].as_array().cloned().unwrap_or_default());
        assert!(blocks.iter().flat_map(texts).all(|text| text["type"] == "plain_text"), "{slack}");
        let teams = card().teams();
        let body = teams["attachments"][0]["content"]["body"].as_array().expect("a body");
        let marked: Vec<&Value> = body.iter().filter(|block| block["type"] == "TextBlock").map(|block| &block["text"]).collect();
        assert_eq!(marked, ["Stalled"], "only our own words stand where markdown is read");
    }

    #[test]
    fn cards_keep_within_what_chats_take() {
        let (slack, teams) = (card().slack(), card().teams());
        let blocks = slack["blocks"].as_array().expect("blocks");
        let length = |block: &Value| block["text"]["text"].as_str().map_or(0, |text| text.chars().count());
        assert!(blocks.len() <= 50 && blocks.iter().all(|block| length(block) <= 3000), "{slack}");
        assert!(teams.to_string().len() < 28_000, "{}", teams.to_string().len());
        for told in ["and 37 more", "and 13 more sections", "by policy x"] {
            assert!(slack.to_string().contains(told) && teams.to_string().contains(told), "{told}: {slack}");
        }
    }
}
