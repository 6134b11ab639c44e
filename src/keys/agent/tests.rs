//! The client against answers that no agent gives.

use std::io::Write;
use std::os::unix::net::UnixListener;
use std::thread;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// What the client makes of an agent that greets, and answers everything with `answer`.
fn told(answer: &[u8]) -> Result<Secret, Refusal> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("S.gpg-agent");
    let listener = UnixListener::bind(&path).expect("it binds");
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().expect("somebody connects");
            stream.write_all(b"OK Pleased to meet you\n").ok();
            stream.write_all(answer).ok();
            stream.shutdown(std::net::Shutdown::Write).ok();
            std::io::copy(&mut stream, &mut std::io::sink()).ok();
        });
        let mut agent = Agent::connect(&path, &[]).ok_or(Refusal::Broken)?;
        agent.request("PKDECRYPT", Some(b"(7:enc-val)"))
    })
}

fn is(answer: Result<Secret, Refusal>, expected: &[u8]) -> bool {
    answer.is_ok_and(|answer| answer.is_same_as(&Secret::copy_from(expected)))
}

#[test]
fn data_come_in_pieces_and_escaped() {
    assert!(is(told(b"# hello\nS INQUIRE_MAXLEN 4096\nD a%25\nD %0a b\nOK done\n"), b"a%\n b"));
    assert!(is(told(b"INQUIRE CIPHERTEXT\nD x\nOK\n"), b"x"));
}

#[test]
fn who_has_refused_is_told_apart() {
    let refused = |answer: &[u8]| told(answer).expect_err("there is no answer");
    let cancelled = refused(b"ERR 83886179 Operation cancelled <Pinentry>\n");
    assert_eq!(cancelled, Refusal::Person("Operation cancelled <Pinentry>".to_owned()));
    assert_eq!(refused(b"ERR 67108881 No secret key <GPG Agent>\n"), Refusal::NoKey);
    assert_eq!(refused(b"ERR 67109139 Unknown IPC command\n"), Refusal::Other);
}

#[test]
fn what_is_not_expected_is_no_answer() {
    let long = [&b"D "[..], &[b'a'; LINE_LIMIT], b"\nOK\n"].concat();
    let much =
        b"D aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
            .repeat(100);
    let answers: [&[u8]; 9] = [
        b"",
        b"D cut short\n",
        b"D %4\nOK\n",
        b"D %zz\nOK\n",
        b"INQUIRE PASSPHRASE\n",
        b"S PADDING 0\nD x\nOK\n",
        b"OKAY\n",
        &long,
        &much,
    ];
    for answer in answers {
        assert_eq!(told(answer).err(), Some(Refusal::Broken));
    }
}

proptest! {
    #[test]
    fn any_line_gets_an_answer(line in vec(any::<u8>(), 0..80)) {
        drop(Reply::parse(&line));
        drop(unescape(&line, &mut SecretBuffer::new()));
    }

    #[test]
    fn any_bytes_are_told_in_lines_and_come_back(bytes in vec(any::<u8>(), 0..2000)) {
        let lines = inquiry_answer(&bytes);
        let mut back = SecretBuffer::new();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            prop_assert!(line.len() <= LINE_LIMIT + 1);
            if let Some(Reply::Data(piece)) = Reply::parse(&line[..line.len() - 1]) {
                prop_assert!(unescape(piece, &mut back).is_ok());
            }
        }
        prop_assert!(back.into_secret().is_same_as(&Secret::copy_from(&bytes)));
    }
}
