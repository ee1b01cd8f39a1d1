//! Logins: the example of the RFC, wrong passwords, users who are not there, channel binding.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::num::NonZeroU32;

use super::*;

/// A client of SCRAM.
struct Client {
    gs2: String,
    bound: Vec<u8>,
    bare: String,
    password: String,
}

impl Client {
    fn new(password: &str) -> Self {
        Self { gs2: "n,,".into(), bound: Vec::new(), bare: "n=,r=clientnonce".into(), password: password.into() }
    }

    fn bound_to(mut self, hash: &[u8]) -> Self {
        self.gs2 = "p=tls-server-end-point,,".into();
        self.bound = hash.to_vec();
        self
    }

    fn first(&self) -> String {
        format!("{}{}", self.gs2, self.bare)
    }

    /// The final message, and what the server has to answer.
    fn last(&self, server_first: &str) -> (String, String) {
        let part = |key: &str| server_first.split(',').find_map(|p| p.strip_prefix(key)).unwrap();
        let salt = STANDARD.decode(part("s=")).unwrap();
        let iterations: NonZeroU32 = part("i=").parse().unwrap();
        let binding = STANDARD.encode([self.gs2.as_bytes(), &self.bound].concat());
        let without_proof = format!("c={binding},r={}", part("r="));
        let message = format!("{},{server_first},{without_proof}", self.bare);
        let mut salted = [0; KEY];
        ring::pbkdf2::derive(
            ring::pbkdf2::PBKDF2_HMAC_SHA256,
            iterations,
            &salt,
            self.password.as_bytes(),
            &mut salted,
        );
        let client_key = hmac(&salted, &[b"Client Key"]);
        let signature = hmac(&sha256(&client_key), &[message.as_bytes()]);
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        let server = hmac(&hmac(&salted, &[b"Server Key"]), &[message.as_bytes()]);
        (format!("{without_proof},p={}", STANDARD.encode(proof)), format!("v={}", STANDARD.encode(server)))
    }

    fn log_in(&self, mut server: ScramServer) -> Result<(), ServerError> {
        let challenge = server.first(&self.first())?;
        let (last, answer) = self.last(&challenge);
        assert_eq!(server.finish(&last)?, answer);
        Ok(())
    }
}

fn users() -> Users {
    let lines = [password_line("ann", "pencil").unwrap(), password_line("b:ob", "Füller").unwrap()].join("\n");
    let token = token_line("robot", "0123456789abcdef0123456789abcdef").unwrap();
    Users::from_lines(&format!("# people\n\n{lines}\n{token}\n"), HashMap::new(), Rights::default()).unwrap()
}

#[test]
fn the_example_of_the_rfc_is_answered_as_there() {
    let verifier = Verifier::new("pencil", &STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap(), ITERATIONS);
    let mut server = ScramServer::new("user", verifier, true, Arc::default());
    server.say_nonce("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    assert_eq!(
        server.first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO").unwrap(),
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );
    assert_eq!(
        server
            .finish(
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                 p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
            )
            .unwrap(),
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    );
}

#[test]
fn a_verifier_is_the_text_that_postgresql_keeps() {
    // Of `CREATE ROLE … PASSWORD 'pencil'` with the salt of the RFC.
    let text = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    let verifier = Verifier::parse(text).unwrap();
    assert_eq!(verifier.to_string(), text);
    assert!(verifier.is_of("pencil"));
    assert!(!verifier.is_of("pencil "));
    assert!(!verifier.is_of(""));
    assert!(!format!("{verifier:?}").contains("WG5d"));
    for wrong in [
        "",
        "md5a3556571e93b0d20722ba62be61e8c2d",
        "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4000000000:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    ] {
        assert!(Verifier::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn the_right_password_comes_in_and_others_do_not() {
    let users = users();
    Client::new("pencil").log_in(users.scram("ann")).unwrap();
    Client::new("Füller").log_in(users.scram("b:ob")).unwrap();
    for (user, password) in
        [("ann", "Pencil"), ("ann", ""), ("b:ob", "pencil"), ("nobody", "pencil"), ("robot", "pencil")]
    {
        let error = Client::new(password).log_in(users.scram(user)).unwrap_err();
        assert_eq!(error.code, code::INVALID_PASSWORD);
        assert_eq!(error.to_string(), format!("password authentication failed for user `{user}`"));
    }
    assert_eq!(users.refused(), 5);
}

#[test]
fn a_user_who_is_not_there_looks_like_one_who_is() {
    let users = users();
    let challenge = |user: &str| users.scram(user).first("n,,n=,r=x").unwrap();
    let salt = |text: &str| text.split(",s=").nth(1).unwrap().to_string();
    let (ann, nobody) = (challenge("ann"), challenge("nobody"));
    assert_eq!(ann.len(), nobody.len());
    assert_eq!(salt(&nobody), salt(&challenge("nobody")));
    assert_ne!(salt(&nobody), salt(&challenge("somebody")));
    assert_eq!(salt(&ann), salt(&challenge("ann")));
    // Each login has a nonce of its own.
    assert_ne!(challenge("ann"), challenge("ann"));
}

#[test]
fn a_password_in_plain_text_is_checked_against_the_verifier() {
    let users = users();
    users.check_password("ann", "pencil").unwrap();
    for (user, password) in [("ann", "x"), ("nobody", "pencil"), ("robot", ""), ("", "")] {
        let error = users.check_password(user, password).unwrap_err();
        assert_eq!(
            (error.code, error.message),
            (code::INVALID_PASSWORD, format!("password authentication failed for user `{user}`"))
        );
    }
}

#[test]
fn a_token_is_its_users() {
    let users = users();
    assert_eq!(users.check_token("0123456789abcdef0123456789abcdef").unwrap().0, "robot");
    for token in ["", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef "] {
        assert_eq!(users.check_token(token).unwrap_err().code, code::INVALID_AUTHORIZATION);
    }
    assert_eq!(users.names(), ["ann", "b:ob", "robot"]);
}

#[test]
fn a_login_is_bound_to_the_certificate() {
    let users = users();
    let hash = [7; 32];
    let server = || users.scram("ann").bound_to(Some(&hash));
    assert_eq!(server().mechanisms(), [SCRAM_SHA_256_PLUS, SCRAM_SHA_256]);
    assert_eq!(users.scram("ann").mechanisms(), [SCRAM_SHA_256]);
    let mut plus = server();
    plus.choose(SCRAM_SHA_256_PLUS).unwrap();
    Client::new("pencil").bound_to(&hash).log_in(plus).unwrap();
    // A client that cannot bind may come in without.
    let mut plain = server();
    plain.choose(SCRAM_SHA_256).unwrap();
    Client::new("pencil").log_in(plain).unwrap();
    // Another certificate: somebody stands between.
    let error = Client::new("pencil").bound_to(&[8; 32]).log_in(server()).unwrap_err();
    assert_eq!(error.code, code::INVALID_AUTHORIZATION);
    // The client was told that there is no binding, and there is.
    let mut downgraded = Client::new("pencil");
    downgraded.gs2 = "y,,".into();
    assert_eq!(downgraded.log_in(server()).unwrap_err().code, code::INVALID_AUTHORIZATION);
    downgraded.log_in(users.scram("ann")).unwrap();
    // The flag goes with the mechanism.
    let mut plain = server();
    plain.choose(SCRAM_SHA_256).unwrap();
    assert!(Client::new("pencil").bound_to(&hash).log_in(plain).is_err());
    let mut plus = server();
    plus.choose(SCRAM_SHA_256_PLUS).unwrap();
    assert!(Client::new("pencil").log_in(plus).is_err());
    assert!(users.scram("ann").choose(SCRAM_SHA_256_PLUS).is_err());
    assert!(server().choose("SCRAM-SHA-1").is_err());
    assert!(Client::new("pencil").bound_to(&hash).log_in(users.scram("ann")).is_err());
}

#[test]
fn malformed_messages_are_refused() {
    let users = users();
    for first in [
        "",
        "n",
        "n,",
        "n,,",
        "n,,n=",
        "n,,n=,r=",
        "n,,r=x,n=",
        "x,,n=,r=x",
        "n,a=bob,n=,r=x",
        "n,,m=x,n=,r=x",
        "n,,n=,r=a b",
        "p=,,n=,r=x",
        "n,,n=,r=ä",
    ] {
        assert!(users.scram("ann").first(first).is_err(), "{first}");
    }
    let client = Client::new("pencil");
    let started = || {
        let mut server = users.scram("ann");
        let challenge = server.first(&client.first()).unwrap();
        let (last, _) = client.last(&challenge);
        (server, last)
    };
    let changes: [fn(String) -> String; 8] = [
        |_| String::new(),
        |last| last.replace("c=biws", "c=eSws"),
        |last| last.replace("c=biws", "c=%%%"),
        |last| last.replace(",r=client", ",r=Client"),
        |last| last.replace(",p=", ",q="),
        |last| format!("{last}AAAA"),
        |last| last.split(",p=").next().unwrap().to_string() + ",p=",
        |last| last.replace(",r=", ",x=1,r="),
    ];
    for change in changes {
        let (mut server, last) = started();
        let changed = change(last.clone());
        assert!(server.finish(&changed).is_err(), "{changed}");
        // There is one try.
        assert!(server.finish(&last).is_err());
    }
    // Extensions that nobody knows are signed like all else.
    let (mut server, last) = started();
    server.finish(&last).unwrap();
    assert!(users.scram("ann").finish(&last).is_err());
    let mut twice = users.scram("ann");
    twice.first(&client.first()).unwrap();
    assert!(twice.first(&client.first()).is_err());
}

#[test]
fn trust_is_for_this_machine() {
    let users = Users::trusting(HashMap::new(), Rights::default()).unwrap();
    for (peer, trusted) in [
        ("127.0.0.1:1", true),
        ("127.9.9.9:1", true),
        ("[::1]:1", true),
        ("[::ffff:127.0.0.1]:1", true),
        ("10.0.0.1:1", false),
        ("[::ffff:10.0.0.1]:1", false),
        ("[2001:db8::1]:1", false),
    ] {
        assert_eq!(users.trusts(peer.parse().unwrap()), trusted, "{peer}");
    }
    assert!(users.rights("anybody").is_some());
    assert!(Client::new("").log_in(users.scram("anybody")).is_err());
}

#[test]
fn a_line_that_cannot_be_one_is_not_written() {
    for user in ["", " ann", "#ann", "a\nb"] {
        assert!(password_line(user, "x").is_err(), "{user:?}");
    }
    assert!(password_line("ann", "").is_err());
    for token in ["", "short", "0123456789 0123456789", "0123456789\n0123456789"] {
        assert!(token_line("ann", token).is_err(), "{token:?}");
    }
    let twice = format!("{0}\n{0}", password_line("ann", "x").unwrap());
    let error = Users::from_lines(&twice, HashMap::new(), Rights::default()).unwrap_err();
    assert!(error.message.contains("line 2 of the users: user `ann` is there twice"), "{error}");
    assert!(Users::from_lines("ann:SHA-256$AAAA", HashMap::new(), Rights::default()).is_err());
    assert!(Users::from_lines("ann", HashMap::new(), Rights::default()).is_err());
    assert!(Users::from_lines(":SHA-256$AAAA", HashMap::new(), Rights::default()).is_err());
}
