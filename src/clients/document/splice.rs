//! From a change to the bytes that are to be others.

use std::ops::Range;

use crate::secret::{Secret, SecretBuffer};

use super::edit::{missing, unusual};
use super::layout::Layout;
use super::write::Writer;
use super::{Content, Document, EditError, Format, Member, Node, Place, Step, Style, Value};

/// Bytes in the place of others.
pub(super) struct Splice {
    pub(super) span: Range<usize>,
    pub(super) with: Secret,
}

impl Splice {
    pub(super) fn nothing(span: Range<usize>) -> Self {
        Self::text(span, "")
    }

    fn text(span: Range<usize>, text: &str) -> Self {
        Self { span, with: Secret::copy_from(text.as_bytes()) }
    }
}

/// The members or elements between two brackets.
struct Row<'d> {
    layout: Layout<'d>,
    brackets: Range<usize>,
    items: Vec<Range<usize>>,
}

impl Document {
    pub(super) fn spliced(&self, mut splices: Vec<Splice>) -> Secret {
        splices.sort_by_key(|splice| (splice.span.start, splice.span.end));
        let text = self.text();
        let (mut buffer, mut done) = (SecretBuffer::new(), 0);
        for splice in &splices {
            buffer.push(text.get(done..splice.span.start).unwrap_or_default().as_bytes());
            // EXPOSE: copied into the document, which is a secret as a whole.
            buffer.push(splice.with.expose());
            done = done.max(splice.span.end);
        }
        buffer.push(text.get(done..).unwrap_or_default().as_bytes());
        buffer.into_secret()
    }

    pub(super) fn replacing(&self, place: &Place, value: &Value) -> Result<Vec<Splice>, EditError> {
        let node = self.node(place).ok_or_else(|| missing(place))?;
        if node.is_spread_out() || place.steps().is_empty() {
            return Err(unusual(place));
        }
        let with = self.writer().value(value).into_secret();
        Ok(vec![Splice { span: node.span.clone(), with }])
    }

    pub(super) fn inserting(&self, place: &Place, value: &Value) -> Result<Vec<Splice>, EditError> {
        let (above, step) = place.split().ok_or_else(|| missing(place))?;
        let node = self.node(&above).ok_or_else(|| missing(&above))?;
        match (step, &node.content) {
            (Step::Index(index), Content::List(items)) if *index <= items.len() => {
                let row = self.row(node).ok_or_else(|| unusual(place))?;
                Ok(row.inserting(*index, self.writer().value(value)))
            }
            (Step::Key(_), Content::Map(..)) if self.has(place) => {
                Err(EditError::Occupied(place.to_string()))
            }
            (Step::Key(key), Content::Map(Style::Braces, members)) => {
                let row = self.row(node).ok_or_else(|| unusual(place))?;
                let between = self.between(members);
                let item = self.writer().key(key).raw(between).value(value);
                Ok(row.inserting(members.len(), item))
            }
            (Step::Key(key), Content::Map(..)) => {
                self.new_line(&above, key, value).map(|splice| vec![splice])
            }
            _ => Err(missing(place)),
        }
    }

    pub(super) fn removing(&self, place: &Place) -> Result<Vec<Splice>, EditError> {
        let (above, step) = place.split().ok_or_else(|| missing(place))?;
        let node = self.node(&above).ok_or_else(|| missing(place))?;
        match (step, &node.content) {
            (Step::Index(index), Content::List(items)) if *index < items.len() => {
                Ok(self.row(node).ok_or_else(|| unusual(place))?.removing(*index))
            }
            (Step::Key(key), Content::Map(style, members)) => {
                let found = members.iter().position(|member| member.key == *key);
                let index = found.ok_or_else(|| missing(place))?;
                if *style == Style::Braces {
                    return Ok(self.row(node).ok_or_else(|| unusual(place))?.removing(index));
                }
                self.without_lines(&above, &members[index]).ok_or_else(|| unusual(place))
            }
            _ => Err(missing(place)),
        }
    }

    pub(super) fn writer(&self) -> Writer {
        Writer::new(self.format)
    }

    pub(super) fn layout(&self) -> Layout<'_> {
        Layout::new(self.text(), self.format)
    }

    /// `None` when it is not between brackets, or a dotted key stands among its members.
    fn row<'d>(&'d self, node: &Node) -> Option<Row<'d>> {
        let items: Vec<Range<usize>> = match &node.content {
            Content::List(nodes) if !node.is_spread_out() => {
                nodes.iter().map(|node| node.span.clone()).collect()
            }
            Content::Map(Style::Braces, members) => {
                let is_dotted = |member: &Member| member.value.is_spread_out();
                if members.iter().any(is_dotted) {
                    return None;
                }
                members.iter().map(Member::span).collect()
            }
            _ => return None,
        };
        Some(Row { layout: self.layout(), brackets: node.span.clone(), items })
    }

    /// What stands between a key and its value, as the members that are there have it.
    pub(super) fn between<'d>(&'d self, members: &[Member]) -> &'d str {
        let (mark, usual) = if self.format == Format::Toml { ('=', " = ") } else { (':', ": ") };
        let between = |member: &Member| {
            let text = self.slice(&(member.key_span.end..member.value.span.start));
            let is_plain = text.chars().all(|c| c == mark || c == ' ') && text.contains(mark);
            is_plain.then_some(text)
        };
        members.iter().rev().find_map(between).unwrap_or(usual)
    }
}

impl Row<'_> {
    fn inserting(&self, index: usize, item: Writer) -> Vec<Splice> {
        let at = |at: usize, item: Writer| Splice { span: at..at, with: item.into_secret() };
        let (Some(last), next) = (self.items.last(), self.items.get(index)) else {
            return vec![at(self.brackets.start + 1, item)];
        };
        if let Some(next) = next {
            let space = self.space_before(next);
            return vec![at(next.start, item.raw(",").raw(&space))];
        }
        self.appending(last, item, at)
    }

    /// After the last: on a line of its own if that has one, below a comment that belongs to that.
    fn appending(
        &self,
        last: &Range<usize>,
        item: Writer,
        at: impl Fn(usize, Writer) -> Splice,
    ) -> Vec<Splice> {
        let space = self.space_before(last);
        let comma = self.layout.comma(last.end);
        let settled = comma.map_or(last.end, |comma| comma + 1);
        match self.layout.bare_line_end(settled).filter(|_| space.contains('\n')) {
            Some(end) if comma.is_some() => vec![at(end, item.before(&space).raw(","))],
            Some(end) => {
                let comma = Splice::text(last.end..last.end, ",");
                vec![comma, at(end, item.before(&space))]
            }
            None => vec![at(last.end, item.before(&space).before(","))],
        }
    }

    /// What stands before an element or member: a new line and its indentation, a space, nothing.
    fn space_before(&self, item: &Range<usize>) -> String {
        if let Some(indentation) = self.layout.indentation(item.start, self.brackets.start) {
            let newline = self.layout.newline(item.start);
            return format!("{newline}{indentation}");
        }
        let is_tight =
            |second: &Range<usize>| self.layout.slice(second.start - 1..second.start) == ",";
        if self.items.get(1).is_some_and(is_tight) { String::new() } else { " ".to_owned() }
    }

    fn removing(&self, index: usize) -> Vec<Splice> {
        let mut span = self.items[index].clone();
        let mut splices = Vec::new();
        let own = self.layout.comma(span.end);
        match (own, index.checked_sub(1)) {
            // With a comment between, the comma goes alone.
            (Some(comma), _) if self.layout.slice(span.end..comma).trim().is_empty() => {
                span.end = comma + 1;
            }
            (Some(comma), _) => splices.push(Splice::nothing(comma..comma + 1)),
            (None, Some(before)) => {
                let comma = self.layout.comma(self.items[before].end);
                splices.extend(comma.map(|comma| Splice::nothing(comma..comma + 1)));
            }
            (None, None) => {}
        }
        let floor = if index > 0 { self.items[index - 1].end } else { self.brackets.start + 1 };
        splices.push(Splice::nothing(self.layout.widened(&span, floor, own.is_none())));
        splices
    }
}
