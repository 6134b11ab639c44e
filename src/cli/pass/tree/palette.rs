//! The colours of `tree -C`: those of `TREE_COLORS` or `LS_COLORS`, or its own (dircolors(1)).

use std::collections::BTreeMap;

use crate::sys::{Kind, Variables};

use super::walk::{Look, Node, Target};

/// What tree uses where neither variable says anything.
const OWN: &str =
    "no=00:fi=00:di=01;34:ln=01;36:pi=40;33:so=01;35:bd=40;33;01:cd=40;33;01:or=40;31;01:ex=01;32";
/// The same by endings: programs, archives, pictures and sounds.
const OWN_ENDINGS: [(&str, &str); 3] = [
    ("01;32", "bat BAT btm BTM cmd CMD com COM dll DLL exe EXE"),
    ("01;31", "arj bz2 deb gz lzh rpm tar taz tb2 tbz2 tbz tgz tz2 z Z zip ZIP zoo"),
    (
        "01;35",
        "asf ASF avi AVI bmp BMP flac FLAC gif GIF jpg JPG jpeg JPEG m2a M2a m2v M2V mov MOV mp3 MP3 mpeg MPEG \
         mpg MPG ogg OGG ppm rm RM tga TGA tif TIF wav WAV wmv WMV xbm xpm",
    ),
];

/// Which colour is for what.
pub(crate) struct Palette {
    codes: BTreeMap<Vec<u8>, Vec<u8>>,
    /// By the end of the name; the last that was said comes first.
    endings: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Palette {
    /// `None` where there is no `TERM`, and so no colour.
    pub(crate) fn new(variables: &Variables) -> Option<Self> {
        variables.raw("TERM")?;
        let said = variables.raw("TREE_COLORS").or_else(|| variables.raw("LS_COLORS"));
        let said = said.filter(|said| !said.is_empty());
        Some(said.map_or_else(Self::own, |said| Self::parse(said.as_encoded_bytes())))
    }

    fn own() -> Self {
        let mut palette = Self::parse(OWN.as_bytes());
        for (code, endings) in OWN_ENDINGS {
            let endings = endings.split(' ').map(|ending| format!(".{ending}").into_bytes());
            palette.endings.extend(endings.map(|ending| (ending, code.as_bytes().to_vec())));
        }
        palette
    }

    fn parse(text: &[u8]) -> Self {
        let mut palette = Self { codes: BTreeMap::new(), endings: Vec::new() };
        for pair in text.split(|byte| *byte == b':') {
            let mut words = pair.split(|byte| *byte == b'=').filter(|word| !word.is_empty());
            match (words.next(), words.next()) {
                (Some([b'*', ending @ ..]), Some(code)) => {
                    palette.endings.insert(0, (ending.to_vec(), code.to_vec()));
                }
                (Some(what), Some(code)) => {
                    drop(palette.codes.insert(what.to_vec(), code.to_vec()))
                }
                _ => {}
            }
        }
        palette
    }

    pub(super) fn paint(&self, name: &[u8], code: &[u8]) -> Vec<u8> {
        let (left, right) = (self.code("lc").unwrap_or(b"\x1b["), self.code("rc").unwrap_or(b"m"));
        let reset = [left, self.code("rs").unwrap_or(b"0"), right].concat();
        [left, code, right, name, self.code("ec").unwrap_or(&reset)].concat()
    }

    /// The colour of a name.
    pub(super) fn of(&self, node: &Node) -> Option<&[u8]> {
        let is_orphan = node.target.as_ref().is_some_and(|target| target.look.is_none());
        let orphan = is_orphan.then(|| self.code("or")).flatten();
        let as_target = self.code("ln").is_some_and(|code| code.eq_ignore_ascii_case(b"target"));
        match &node.target {
            _ if orphan.is_some() => orphan,
            Some(target) if as_target => self.of_look(target.look, &node.name),
            _ => self.of_look(Some(node.look), &node.name),
        }
    }

    /// The colour of what a link says.
    pub(super) fn of_target(&self, target: &Target) -> Option<&[u8]> {
        let missing = target.look.is_none().then(|| self.code("mi")).flatten();
        missing.or_else(|| self.of_look(target.look, &target.text))
    }

    fn of_look(&self, look: Option<Look>, name: &[u8]) -> Option<&[u8]> {
        let has = |look: Look, bits: u32| look.mode & bits != 0;
        match look {
            Some(look) if look.kind == Kind::Folder => {
                let sticky = match (has(look, 0o1000), has(look, 0o002)) {
                    (true, true) => self.code("tw"),
                    (true, false) => self.code("st"),
                    _ => None,
                };
                let open = has(look, 0o002).then(|| self.code("ow")).flatten();
                sticky.or(open).or_else(|| self.code("di"))
            }
            Some(look) if look.kind == Kind::File => {
                let special = [(0o4000, "su"), (0o2000, "sg"), (0o111, "ex")];
                let special = special
                    .iter()
                    .find_map(|(bits, what)| has(look, *bits).then(|| self.code(what))?);
                special.or_else(|| self.by_ending(name)).or_else(|| self.code("fi"))
            }
            Some(look) if look.kind == Kind::Link => self.code("ln"),
            _ => self.code("no"),
        }
    }

    fn by_ending(&self, name: &[u8]) -> Option<&[u8]> {
        let fitting = self.endings.iter().find(|(ending, _)| name.ends_with(ending));
        fitting.map(|(_, code)| code.as_slice())
    }

    fn code(&self, what: &str) -> Option<&[u8]> {
        self.codes.get(what.as_bytes()).map(Vec::as_slice)
    }
}
