//! Messages that make no sense: a clear end of their own connection, and nothing for anybody else.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Raw, Server, field, message, text, with_length};

/// Numbers without an end, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// Messages that make sense.
fn good() -> Vec<Vec<u8>> {
    let bind = [text("p"), text("s"), vec![0, 1, 0, 1, 0, 1, 0, 0, 0, 8], vec![0; 8], vec![0, 1, 0, 1]].concat();
    vec![
        message(b'Q', &text("show timezone; begin; commit")),
        message(
            b'P',
            &[text("s"), text("select lat from ersst where lat = $1 limit 1"), vec![0, 1, 0, 0, 2, 0xbd]].concat(),
        ),
        message(b'B', &bind),
        message(b'D', b"Ss\0"),
        message(b'D', b"Pp\0"),
        message(b'E', &[text("p"), vec![0, 0, 0, 1]].concat()),
        message(b'C', b"Ss\0"),
        message(b'H', b""),
        message(b'S', b""),
        message(b'd', b"data"),
        message(b'c', b""),
        message(b'f', &text("failed")),
        message(b'F', &[0; 12]),
        message(b'p', b"password"),
    ]
}

/// Bytes that are mostly wrong: random ones, or good ones with something changed.
fn bytes(random: &mut Random, good: &[Vec<u8>]) -> Vec<u8> {
    let mut all = Vec::new();
    for _ in 0..=random.below(3) {
        let mut one = match random.below(5) {
            0 => {
                let length = random.below(40);
                random.bytes(length)
            }
            1 => {
                let kind = b"QPBDCEHSXpdcfF"[random.below(14)];
                let length = random.below(40);
                let body = random.bytes(length);
                message(kind, &body)
            }
            _ => good[random.below(good.len())].clone(),
        };
        for _ in 0..random.below(4) {
            if one.is_empty() {
                break;
            }
            let at = random.below(one.len());
            match random.below(5) {
                0 => one[at] = random.next() as u8,
                1 => one.truncate(at),
                2 => one.insert(at, random.next() as u8),
                3 => one[at] ^= 1 << random.below(8),
                _ => {
                    one.remove(at);
                }
            }
        }
        all.extend(one);
    }
    all
}

/// First messages that make sense.
fn starts() -> Vec<Vec<u8>> {
    let start = [&196_608_i32.to_be_bytes()[..], b"user\0ann\0database\0hyperslab\0\0"].concat();
    let cancel = [80_877_102_i32, 1, 2].map(i32::to_be_bytes).concat();
    vec![
        with_length(&start),
        with_length(&cancel),
        with_length(&80_877_103_i32.to_be_bytes()),
        with_length(&80_877_104_i32.to_be_bytes()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_malformed_messages_disturb_nobody() {
    let begun = Instant::now();
    let server = Server::start().await;
    let witness = server.client().await;
    let watch = tokio::spawn(async move {
        let mut answers = 0_u32;
        loop {
            let found = witness.query_one("select count(*) from ersst where lat = 0", &[]).await;
            assert_eq!(found.unwrap().get::<_, i64>(0), 684 * 180);
            answers += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
            if answers == u32::MAX {
                return;
            }
        }
    });
    let (good, starts) = (good(), starts());
    let ours = |seed: u64| {
        let (good, starts, address) = (good.clone(), starts.clone(), server.address);
        async move {
            let mut random = Random(seed);
            let mut refused = 0;
            for n in 0..2_500 {
                let stream = TcpStream::connect(address).await.unwrap();
                let mut raw = Raw { stream, key: (0, 0) };
                // A login costs the most: of every four, one gets that far.
                let first = n % 4 != 0;
                let noise = match first {
                    true => bytes(&mut random, &starts),
                    false => {
                        raw.send_bytes(&starts[0]).await;
                        raw.until_ready().await;
                        bytes(&mut random, &good)
                    }
                };
                // The server may have closed the connection already.
                let _ = raw.stream.write_all(&noise).await;
                let _ = raw.stream.shutdown().await;
                let answer = tokio::time::timeout(Duration::from_secs(10), async {
                    let mut all = Vec::new();
                    // A certificate's letter stands alone, and is no message.
                    while let Some(message) = raw.next().await {
                        all.push(message);
                        if first && all[0].0 == b'N' {
                            break;
                        }
                    }
                    all
                });
                let answer = answer.await.expect("the connection is held open");
                for error in answer.iter().filter(|m| m.0 == b'E') {
                    let code = field(error, b'C').unwrap();
                    assert!(code != "XX000", "{noise:?}: {:?}", field(error, b'M'));
                    refused += usize::from(code == "08P01");
                }
            }
            refused
        }
    };
    let refused =
        futures::future::join_all((1_u64..5).map(|n| tokio::spawn(ours(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))))).await;
    let refused: usize = refused.into_iter().map(|r| r.unwrap()).sum();
    assert!(refused > 1_000, "only {refused} were refused");
    assert!(!watch.is_finished(), "the other connection was disturbed");
    watch.abort();
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
    assert!(server.client().await.query("select count(*) from ersst", &[]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_long_is_refused_before_it_comes() {
    let server = Server::start().await;
    let mut raw = server.raw().await;
    raw.send_bytes(b"Q\x7f\xff\xff\xff").await;
    let answer = raw.until_ready().await;
    assert_eq!(crate::support::error_code(&answer).as_deref(), Some("08P01"));
    assert_eq!(field(&answer[0], b'S').as_deref(), Some("FATAL"));
}
