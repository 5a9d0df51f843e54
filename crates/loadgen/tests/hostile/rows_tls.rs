//! B16 to B28 and B69 over TLS: certificates, handshakes, and what comes instead of them.

use std::io::Write;
use std::sync::Arc;

use loadgen::Plan;
use rcgen::ExtendedKeyUsagePurpose;
use rustls::{HandshakeKind, ServerConfig};

use crate::case::Class::Stop;
use crate::case::Conn::{Close, Reuse};
use crate::case::{Case, Expected, connect_ms, err, good};
use crate::server::Then::{Fin, Silence};
use crate::server::{Act, Peer, Then};
use crate::support::certificates::{Authority, Certificate};

/// Fatal alerts as records of their own.
const PROTOCOL_VERSION: &[u8] = &[21, 3, 1, 0, 2, 2, 70];
const HANDSHAKE_FAILURE: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
const TICKETS: usize = 1500;
const KEY_UPDATES: usize = 200;

/// What good connections use, and whom the client believes.
struct Bench {
    authority: Arc<Authority>,
    good: Arc<ServerConfig>,
}

pub fn cases() -> Vec<Case> {
    let authority = Arc::new(Authority::new());
    let good = Arc::new(authority.certificate(&["localhost"]).config());
    let bench = Bench { authority, good };
    let mut cases = bench.bad_certificates();
    cases.extend(bench.bad_handshakes());
    cases.extend(bench.bad_sessions());
    cases.extend(bench.floods());
    cases.extend(bench.endings());
    cases
}

impl Bench {
    fn over_tls(&self, case: Case) -> Case {
        let authority = Arc::clone(&self.authority);
        case.over_tls(Arc::clone(&self.good), move |plan: &mut Plan| {
            authority.trust(plan);
        })
    }

    fn case(&self, row: &'static str, what: &str, expected: Expected, act: Act) -> Case {
        self.over_tls(Case::new(row, what, expected, act))
    }

    fn certificate(
        &self,
        row: &'static str,
        what: &str,
        kind: &'static str,
        bad: &Certificate,
    ) -> Case {
        self.over_tls(Case::new(row, what, err(&[kind]), shaking(bad.config())).found_by_probe())
    }

    fn bad_certificates(&self) -> Vec<Case> {
        let authority = &self.authority;
        let expired = authority.certificate_with(&["localhost"], |params| {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        });
        let not_yet = authority.certificate_with(&["localhost"], |params| {
            params.not_before = rcgen::date_time_ymd(2100, 1, 1);
            params.not_after = rcgen::date_time_ymd(2101, 1, 1);
        });
        let for_clients = authority.certificate_with(&["localhost"], |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        });
        let unlinked = authority.intermediate().certificate(&["localhost"]);
        let stranger = Authority::new().certificate(&["localhost"]);
        let own_name = authority.certificate(&["127.0.0.1"]);
        let untrusted = "tls.cert.untrusted";
        vec![
            self.certificate("B16", "expired", "tls.cert.expired", &expired),
            self.certificate("B16", "not yet valid", "tls.cert.not_yet", &not_yet),
            self.certificate(
                "B17",
                "for another name",
                "tls.cert.name",
                &authority.certificate(&["other.test"]),
            ),
            self.certificate("B17", "for an address alone", "tls.cert.name", &own_name),
            self.certificate("B18", "of an unknown authority", untrusted, &stranger),
            self.certificate(
                "B18",
                "without the link to its authority",
                untrusted,
                &unlinked,
            ),
            self.certificate(
                "B18",
                "signed by itself",
                untrusted,
                &Certificate::self_signed(false),
            ),
            self.certificate(
                "B18",
                "an authority's own",
                untrusted,
                &Certificate::self_signed(true),
            ),
            self.certificate("B20", "for clients only", "tls.cert.other", &for_clients),
        ]
    }

    fn bad_handshakes(&self) -> Vec<Case> {
        let authority = &self.authority;
        let certificate = authority.certificate(&["localhost"]);
        let mut only_h2 = certificate.config();
        only_h2.alpn_protocols = vec![b"h2".to_vec()];
        let demanding = authority.demanding(&certificate);
        let mut cases = self.other_protocols();
        cases.extend([
            self.case("B23", "HTTP/2 alone", stop("tls.alpn"), shaking(only_h2)),
            self.case(
                "B24",
                "silence after the greeting",
                err(&["tls.timeout"]),
                speaking(&[], Silence),
            )
            .found_by_probe()
            .waiting(connect_ms(800)),
            self.case(
                "B24",
                "a part of a record",
                err(&["tls.timeout"]),
                speaking(&[22, 3, 3, 1, 0, 2], Silence),
            )
            .found_by_probe()
            .waiting(connect_ms(800)),
            self.case(
                "B27",
                "a client certificate is demanded",
                stop("tls.alert.certificate_required"),
                shaking(demanding),
            ),
        ]);
        cases
    }

    fn other_protocols(&self) -> Vec<Case> {
        let refused: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        vec![
            self.case(
                "B21",
                "an old version",
                err(&["tls.version"]),
                speaking(PROTOCOL_VERSION, Fin),
            )
            .found_by_probe(),
            self.case(
                "B21",
                "no common cipher",
                err(&["tls.alert.handshake_failure"]),
                speaking(HANDSHAKE_FAILURE, Fin),
            )
            .found_by_probe(),
            self.case(
                "B22",
                "plain HTTP on the TLS port",
                stop("tls.not_tls"),
                speaking(refused, Fin),
            ),
            Case::new(
                "B22",
                "TLS on the plain port",
                stop("tls.not_tls"),
                Act::accepted(|peer: &mut Peer| {
                    let _ = peer.read(&mut [0; 4096]);
                    peer.write(HANDSHAKE_FAILURE);
                    Fin
                }),
            )
            .not_found_by_probe(),
        ]
    }

    fn bad_sessions(&self) -> Vec<Case> {
        let certificate = self.authority.certificate(&["localhost"]);
        let mut with_h1 = certificate.config();
        with_h1.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut hasty = certificate.config();
        hasty.send_half_rtt_data = true;
        let stapled = certificate.config_with_staple(b"no answer about revocation".to_vec());
        vec![
            self.case(
                "B19",
                "nonsense about revocation",
                good(Close),
                answering(stapled),
            ),
            self.case(
                "B23",
                "HTTP/1.1 among others",
                good(Close),
                answering(with_h1),
            ),
            self.case(
                "B28",
                "an offer to resume",
                good(Close),
                Act::asked(|peer: &mut Peer| {
                    let is_full = peer.session().handshake_kind() == Some(HandshakeKind::Full);
                    let status = if is_full { "200 OK" } else { "500 Resumed" };
                    peer.write(
                        format!(
                            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                        )
                        .as_bytes(),
                    );
                    Fin
                }),
            ),
            self.case(
                "B69",
                "an answer before the request",
                err(&["proto.early_response"]),
                hurrying(hasty),
            ),
        ]
    }

    fn floods(&self) -> Vec<Case> {
        let mut ticketing = self.authority.certificate(&["localhost"]).config();
        ticketing.send_tls13_tickets = TICKETS;
        vec![
            self.case(
                "B26",
                "key updates without end",
                err(&["tls.flood"]),
                Act::asked(|peer: &mut Peer| {
                    for _ in 0..KEY_UPDATES {
                        if peer.session().refresh_traffic_keys().is_err() || !peer.write(&[]) {
                            break;
                        }
                    }
                    Silence
                }),
            ),
            self.case(
                "B26",
                "tickets without end",
                err(&["tls.flood"]),
                shaking(ticketing),
            ),
        ]
    }

    fn endings(&self) -> Vec<Case> {
        let until_close: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nhello";
        let framed: &[u8] =
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
        let kept: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let ending = |bytes: &'static [u8], has_notice: bool| {
            Act::asked(move |peer: &mut Peer| {
                peer.write(bytes);
                if has_notice {
                    peer.session().send_close_notify();
                    peer.write(&[]);
                }
                Fin
            })
        };
        let over_tls = |what, expected, act| self.over_tls(Case::new("B25", what, expected, act));
        vec![
            over_tls(
                "no notice behind a length",
                good(Close),
                ending(framed, false),
            ),
            over_tls(
                "a notice behind a body without length",
                good(Close),
                ending(until_close, true),
            ),
            over_tls(
                "no notice behind a body without length",
                err(&["resp.eof.tls_truncated"]),
                ending(until_close, false),
            ),
            self.over_tls(Case::answer(
                "B28",
                "a session that goes on",
                good(Reuse),
                kept,
                Then::Keep,
            )),
        ]
    }
}

/// Shakes hands with a configuration of its own, and reads what comes.
fn shaking(config: ServerConfig) -> Act {
    let config = Arc::new(config);
    Act::accepted(move |peer: &mut Peer| {
        peer.start_tls(&config);
        peer.read_request();
        Fin
    })
}

/// The same, with a good answer.
fn answering(config: ServerConfig) -> Act {
    let config = Arc::new(config);
    Act::accepted(move |peer: &mut Peer| {
        peer.start_tls(&config);
        if peer.read_request() {
            peer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        }
        Fin
    })
}

/// Says something else than TLS, once the client has greeted.
fn speaking(bytes: &'static [u8], then: Then) -> Act {
    Act::accepted(move |peer: &mut Peer| {
        let _ = peer.read(&mut [0; 4096]);
        peer.write(bytes);
        then
    })
}

/// Sends its answer along with its own half of the handshake.
fn hurrying(config: ServerConfig) -> Act {
    let config = Arc::new(config);
    Act::accepted(move |peer: &mut Peer| {
        let mut stream = peer.tcp().try_clone().unwrap();
        let mut session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        session.read_tls(&mut stream).unwrap();
        session.process_new_packets().unwrap();
        session
            .writer()
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        let mut flight = Vec::new();
        while session.wants_write() {
            session.write_tls(&mut flight).unwrap();
        }
        peer.write(&flight);
        Silence
    })
}

/// A fault of the configuration, which the probe before the run finds.
fn stop(kind: &'static str) -> Expected {
    (Stop, vec![kind], Close)
}
