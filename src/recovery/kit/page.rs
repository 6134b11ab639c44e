//! The sheet as a page for a browser: one file that loads nothing and runs nothing, to be printed.

use crate::qr;
use crate::secret::{Secret, SecretBuffer, SecretText};

use super::Kit;
use super::parts::{Block, Exact, Part, ROWS, Typed, Words};

/// How it looks: dark on white, on A4 as on letter.
const STYLE: &str = include_str!("page.css");

impl Kit {
    /// The sheet as HTML, with a QR code for everything that has to be typed to the letter.
    ///
    /// # Errors
    /// [`qr::Error::TooLong`] for a path of thousands of letters.
    pub fn page(&self) -> Result<Secret, qr::Error> {
        let mut page = Page(SecretBuffer::new());
        let heading = escaped(&self.heading());
        page.push(&format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{heading}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{heading}</h1>\n"
        ));
        for words in self.introduction() {
            page.push(&format!("<p class=\"first\">{}</p>\n", escaped(&words)));
        }
        page.push(&format!("<p class=\"first\">{}</p>\n", escaped(ROWS)));
        for (number, part) in self.parts().iter().enumerate() {
            page.part(number + 1, part)?;
        }
        page.push("</body>\n</html>\n");
        Ok(page.0.into_secret())
    }
}

struct Page(SecretBuffer);

impl Page {
    fn push(&mut self, html: &str) {
        self.0.push(html.as_bytes());
    }

    fn part(&mut self, number: usize, part: &Part) -> Result<(), qr::Error> {
        let class = if part.begins_page { " class=\"page\"" } else { "" };
        self.push(&format!("<section{class}>\n<h2>{number}. {}</h2>\n", escaped(part.title)));
        let mut blocks = part.blocks.iter().peekable();
        while let Some(block) = blocks.next() {
            match block {
                Block::Say(words) => self.push(&format!("<p>{}</p>\n", prose(words))),
                Block::Blank(what) => self
                    .push(&format!("<div class=\"blank\"><span>{}:</span></div>\n", escaped(what))),
                Block::Exact(exact) => self.exact(exact)?,
                Block::Lines(lines) => {
                    let note = blocks.peek().and_then(|next| match next {
                        Block::Beside(words) => Some(*words),
                        _ => None,
                    });
                    self.lines(lines, note)?;
                }
                // With the lines before it.
                Block::Beside(_) => {}
            }
        }
        self.push("</section>\n");
        Ok(())
    }

    fn exact(&mut self, exact: &Exact) -> Result<(), qr::Error> {
        self.push(&format!("<div class=\"exact\"><div><p>{}:</p><code>", escaped(exact.what)));
        match &exact.words {
            Words::Open(words) => self.push(&breakable(words)),
            Words::Secret(words) => self.secret(words),
        }
        self.push("</code></div>");
        self.code(&match &exact.words {
            Words::Open(words) => Secret::copy_from(words.as_bytes()),
            Words::Secret(words) => words.to_bytes(),
        })?;
        self.push("</div>\n");
        Ok(())
    }

    /// Lines that belong together are scanned together. Pasted, none runs where one before it has failed:
    /// the script may not run whose hash was wrong.
    fn lines(&mut self, lines: &[Typed], note: Option<&str>) -> Result<(), qr::Error> {
        let all: Vec<&str> = lines.iter().map(|typed| typed.line.as_str()).collect();
        let all = Secret::copy_from(all.join(" &&\n").as_bytes());
        if let [Typed { why, line }] = lines {
            let (why, line) = (escaped(why), breakable(line));
            self.push(&format!("<div class=\"one\"><div><p>{why}:</p><code>{line}</code></div>"));
            self.code(&all)?;
            self.push("</div>\n");
            return Ok(());
        }
        self.push("<ol>\n");
        for Typed { why, line } in lines {
            let (why, line) = (escaped(why), breakable(line));
            self.push(&format!("<li><p>{why}:</p><code>{line}</code></li>\n"));
        }
        self.push("</ol>\n<div class=\"all\">");
        self.code(&all)?;
        self.push("<div><p>All of these lines in one code.</p>");
        note.iter().for_each(|words| self.push(&format!("<p>{}</p>", prose(words))));
        self.push("</div></div>\n");
        Ok(())
    }

    fn code(&mut self, words: &Secret) -> Result<(), qr::Error> {
        let picture = qr::picture(words)?;
        // EXPOSE: onto the page, because its owner asked for that.
        self.0.push(picture.expose());
        Ok(())
    }

    /// Written letter by letter, so that nothing of it is left in memory.
    fn secret(&mut self, words: &SecretText) {
        // EXPOSE: onto the page, because its owner asked for that.
        for letter in words.expose().chars() {
            match special(letter) {
                Some(name) => self.push(name),
                None => self.push(letter.encode_utf8(&mut [0; 4])),
            }
        }
    }
}

fn special(letter: char) -> Option<&'static str> {
    Some(match letter {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => return None,
    })
}

fn escaped(text: &str) -> String {
    let escaped = |letter| special(letter).map_or_else(|| letter.to_string(), str::to_owned);
    text.chars().map(escaped).collect()
}

/// Words with hyphens in them are mostly to be typed: they stay in one row.
fn prose(text: &str) -> String {
    let word = |word: &str| match word.contains('-') {
        true => format!("<span>{}</span>", escaped(word)),
        false => escaped(word),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A row ends at a space, or where [`ROWS`] says so, and not at a hyphen.
fn breakable(text: &str) -> String {
    let pieces = text.split_inclusive([' ', ',', '&']);
    let pieces = pieces.map(|piece| (piece.trim_end_matches(' '), piece.ends_with(' ')));
    let kept = pieces.map(|(piece, has_space)| {
        let end = if has_space { " " } else { "<wbr>" };
        format!("<span>{}</span>{end}", escaped(piece))
    });
    let kept: String = kept.collect();
    kept.trim_end_matches("<wbr>").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(escaped("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }
}
