//! Tables of TOML that are lines below a header, or lines that name them by a dotted key.

use std::ops::Range;

use super::edit::unusual;
use super::splice::Splice;
use super::{Content, Document, EditError, Member, Node, Place, Style, Value};

impl Document {
    /// A new line of the table at `above`, below its last one.
    pub(super) fn new_line(
        &self,
        above: &Place,
        key: &str,
        value: &Value,
    ) -> Result<Splice, EditError> {
        let node = self.node(above).ok_or_else(|| unusual(above))?;
        let (layout, lines) = (self.layout(), self.lines_of(node));
        let last = lines.iter().max_by_key(|line| line.end);
        let prefix = self.prefix(above, node).ok_or_else(|| unusual(above))?;
        let between = self.between(node.members());
        let line = self.writer().raw(prefix).key(key).raw(between).value(value);
        let after = last.unwrap_or(&node.span);
        if after.is_empty() {
            // The root, and nothing in it: before the first header.
            let newline = layout.newline(after.end);
            return Ok(Splice { span: after.clone(), with: line.raw(newline).into_secret() });
        }
        let at = layout.line_end(after.end);
        let indentation = layout.slice(layout.line_start(after.start)..after.start);
        let line = line.before(indentation).before(layout.newline(at));
        Ok(Splice { span: at..at, with: line.into_secret() })
    }

    /// Everything of a member of a table away: lines and headers. `None` when it is not in lines.
    pub(super) fn without_lines(&self, above: &Place, member: &Member) -> Option<Vec<Splice>> {
        if self.is_in_braces(above) {
            return None;
        }
        let spans = self.all_of(member);
        let whole = |span: &Range<usize>| Splice::nothing(self.layout().widened(span, 0, false));
        Some(spans.iter().map(whole).collect())
    }

    /// What stands before a new key of the table: the dots that name it, if no header does.
    fn prefix(&self, above: &Place, node: &Node) -> Option<&str> {
        match node.content {
            Content::Map(Style::Header, _) => Some(""),
            Content::Map(Style::Scattered, _) if !self.is_in_braces(above) => {
                let is_line = |member: &&Member| !member.value.is_spread_out();
                let line = node.members().iter().find(is_line)?;
                let start = self.begin_of_line(line.key_span.start);
                Some(self.slice(&(start..line.key_span.start)))
            }
            _ => None,
        }
    }

    /// Whether some table on the way is written in braces.
    fn is_in_braces(&self, place: &Place) -> bool {
        let mut way = Some(place.clone());
        while let Some(place) = way {
            let found = self.node(&place).map(|node| &node.content);
            if matches!(found, Some(Content::Map(Style::Braces, _) | Content::List(_))) {
                return true;
            }
            way = place.split().map(|(above, _)| above);
        }
        false
    }

    /// The lines of a table itself, without those of tables that have headers of their own.
    fn lines_of(&self, node: &Node) -> Vec<Range<usize>> {
        node.members().iter().flat_map(|member| self.lines_of_member(member)).collect()
    }

    fn lines_of_member(&self, member: &Member) -> Vec<Range<usize>> {
        match &member.value.content {
            Content::Map(Style::Scattered, _) => self.lines_of(&member.value),
            _ if member.value.is_spread_out() => Vec::new(),
            _ => {
                let line = self.begin_of_line(member.key_span.start)..member.value.span.end;
                vec![line]
            }
        }
    }

    /// Lines and headers, also of the tables below.
    fn all_of(&self, member: &Member) -> Vec<Range<usize>> {
        let below = |node: &Node| -> Vec<Range<usize>> {
            node.members().iter().flat_map(|member| self.all_of(member)).collect()
        };
        let with_header = |node: &Node| [vec![node.span.clone()], below(node)].concat();
        match &member.value.content {
            Content::Map(Style::Header, _) => with_header(&member.value),
            Content::Map(Style::Scattered, _) => below(&member.value),
            Content::List(nodes) if member.value.is_spread_out() => {
                nodes.iter().flat_map(with_header).collect()
            }
            _ => self.lines_of_member(member),
        }
    }

    /// The first of the line that is no white space.
    fn begin_of_line(&self, at: usize) -> usize {
        let start = self.layout().line_start(at);
        let before = self.slice(&(start..at));
        start + before.len() - before.trim_start().len()
    }
}

impl Node {
    pub(super) fn members(&self) -> &[Member] {
        match &self.content {
            Content::Map(_, members) => members,
            _ => &[],
        }
    }
}
