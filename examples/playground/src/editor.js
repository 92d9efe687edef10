// The two documents, each in an editor. Tab moves on to the next control, as everywhere on the page.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yamlLanguage } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--string)" },
  { tag: tags.comment, color: "var(--second)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--second)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--panel)", color: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--second)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--track)" },
  "&:not(.cm-focused) .cm-activeLine, &:not(.cm-focused) .cm-activeLineGutter": { backgroundColor: "transparent" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-selectionMatch, .cm-searchMatch, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--glow)" },
  ".cm-panels": { backgroundColor: "var(--page)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-textfield, .cm-button": { backgroundColor: "var(--panel)", backgroundImage: "none", color: "var(--text)", border: "1px solid var(--strong-line)" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--strong-line)", maxWidth: "32rem" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--track)", color: "var(--second)", borderColor: "var(--line)" },
});

/** An editor in an element. `changed` hears of every change that its user makes. */
export function editor(element, label, changed) {
  let silent = false;
  const view = new EditorView({
    // In a tree of its own its styles need no exception from the page's policy of what may be styled.
    root: element.attachShadow({ mode: "open" }),
    state: EditorState.create({
      extensions: [
        lineNumbers(), foldGutter(), lintGutter(), history(), drawSelection(), bracketMatching(), highlightActiveLine(),
        highlightSelectionMatches(), search({ top: true }), EditorState.tabSize.of(2), indentUnit.of("  "),
        // JSON is all but YAML, so one grammar colours both.
        yamlLanguage, syntaxHighlighting(colours), look,
        keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
        EditorView.updateListener.of(({ docChanged }) => docChanged && !silent && changed()),
      ],
    }),
  });
  element.shadowRoot.append(view.dom);
  return {
    get text() {
      return view.state.doc.toString();
    },
    /** Takes another text, which its user did not type. */
    set text(text) {
      silent = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 } });
      view.scrollDOM.scrollTop = 0;
      silent = false;
    },
    /** Marks what is wrong. */
    mark(problems) {
      const length = view.state.doc.length;
      const diagnostics = problems.filter(({ place }) => place).map(({ place, message, help, warning }) => ({
        from: Math.min(place.from, length),
        to: Math.min(place.to, length),
        severity: warning ? "warning" : "error",
        message: help ? `${message}: ${help}` : message,
      }));
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    /** Shows a place, and puts the cursor there. */
    show({ from, to }) {
      const length = view.state.doc.length;
      const selection = { anchor: Math.min(from, length), head: Math.min(to, length) };
      view.dispatch({ selection, effects: EditorView.scrollIntoView(selection.anchor, { y: "center" }) });
      view.focus();
    },
  };
}
