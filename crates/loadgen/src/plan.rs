//! What is sent, where, over how many threads, and how long may each part take?

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::chunked::is_token;
use crate::failure::LoadError;
use crate::route::Routes;
use crate::tls::TlsRecipe;

/// Threads beyond this number only wait for one another.
const MAX_THREADS: usize = 1024;
/// Fields that the core writes itself, because its framing depends on them.
const OWN_FIELDS: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

/// How long each part of a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// TCP and TLS together.
    pub connect: Duration,
    /// From the last request byte to the first response byte.
    pub first_byte: Duration,
    /// Between two bytes, in both directions.
    pub idle: Duration,
    /// From the first request byte to the last response byte.
    pub total: Duration,
}

/// How the target proves who it is.
#[derive(Clone, Debug)]
pub struct TlsPlan {
    /// The name or IP address that the certificate must hold.
    pub server_name: String,
    /// Whether certificates are checked at all.
    pub verify: bool,
    /// Authorities that replace those of the system.
    pub ca_pem: Option<Vec<u8>>,
}

/// Everything that stays the same during one run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Used in turn, one per new connection.
    pub addresses: Vec<SocketAddr>,
    /// Connections come from these in turn; empty lets the kernel choose, and spreads them over
    /// addresses of loopback where ports would run short.
    pub source_addresses: Vec<IpAddr>,
    /// Connections that may be open at the same time; room for them is made before any load.
    pub max_connections: usize,
    /// The value of Host, unless `headers` holds one.
    pub host_header: String,
    /// `None` for plain HTTP.
    pub tls: Option<TlsPlan>,
    /// A token such as GET.
    pub method: String,
    /// Path and query as they go on the wire.
    pub path: Vec<u8>,
    /// Without Content-Length, Transfer-Encoding and Connection.
    pub headers: Vec<(String, Vec<u8>)>,
    /// `None` for a request without a body.
    pub body: Option<Vec<u8>>,
    /// The first status that is not ok.
    pub ok_below_status: u16,
    /// No request is started beyond this number, over all threads.
    pub max_requests: u64,
    /// How many OS threads share the load.
    pub threads: usize,
    /// The four deadlines.
    pub timeouts: Timeouts,
}

/// A checked plan in the form the hot loop wants.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub routes: Routes,
    pub is_on_loopback: bool,
    pub tls: Option<TlsRecipe>,
    pub request: Box<[u8]>,
    pub is_head: bool,
    pub ok_below_status: u16,
    pub timeouts: TimeoutsNs,
}

/// The four deadlines in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeoutsNs {
    pub connect: u64,
    pub first_byte: u64,
    pub idle: u64,
    pub total: u64,
}

impl TimeoutsNs {
    pub(crate) fn shortest(&self) -> u64 {
        self.connect
            .min(self.first_byte)
            .min(self.idle)
            .min(self.total)
    }
}

impl Recipe {
    pub(crate) fn new(plan: &Plan) -> Result<Self, LoadError> {
        if !(1..=MAX_THREADS).contains(&plan.threads) {
            return Err(config(format!(
                "{} threads; 1 to {MAX_THREADS} are possible",
                plan.threads
            )));
        }
        if !(200..=600).contains(&plan.ok_below_status) {
            return Err(config(format!(
                "ok_below_status {} is not within 200 to 600",
                plan.ok_below_status
            )));
        }
        let routes = Routes::new(
            &plan.addresses,
            &plan.source_addresses,
            plan.max_connections,
        )?;
        Ok(Self {
            is_on_loopback: routes.is_on_loopback(),
            routes,
            tls: plan.tls.as_ref().map(TlsRecipe::new).transpose()?,
            request: render_request(plan)?.into_boxed_slice(),
            is_head: plan.method == "HEAD",
            ok_below_status: plan.ok_below_status,
            timeouts: TimeoutsNs {
                connect: timeout_ns("connect", plan.timeouts.connect)?,
                first_byte: timeout_ns("first byte", plan.timeouts.first_byte)?,
                idle: timeout_ns("idle", plan.timeouts.idle)?,
                total: timeout_ns("total", plan.timeouts.total)?,
            },
        })
    }
}

fn timeout_ns(name: &str, timeout: Duration) -> Result<u64, LoadError> {
    match u64::try_from(timeout.as_nanos()) {
        Ok(timeout_ns) if (1..=u64::MAX / 4).contains(&timeout_ns) => Ok(timeout_ns),
        _ => Err(config(format!(
            "a {name} timeout of {timeout:?} is not possible"
        ))),
    }
}

/// The bytes of the one request; they never change during a run.
fn render_request(plan: &Plan) -> Result<Vec<u8>, LoadError> {
    check_request(plan)?;
    let mut request = Vec::with_capacity(512);
    request.extend_from_slice(plan.method.as_bytes());
    request.push(b' ');
    request.extend_from_slice(&plan.path);
    request.extend_from_slice(b" HTTP/1.1\r\n");
    if !has_field(plan, "host") {
        push_field(&mut request, "Host", plan.host_header.as_bytes());
    }
    if !has_field(plan, "user-agent") {
        let agent = concat!("capacity/", env!("CARGO_PKG_VERSION"));
        push_field(&mut request, "User-Agent", agent.as_bytes());
    }
    for (name, value) in &plan.headers {
        push_field(&mut request, name, value);
    }
    let body = plan.body.as_deref().unwrap_or_default();
    if plan.body.is_some() || matches!(plan.method.as_str(), "POST" | "PUT" | "PATCH") {
        push_field(
            &mut request,
            "Content-Length",
            body.len().to_string().as_bytes(),
        );
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body);
    if u32::try_from(request.len()).is_err() {
        return Err(config("a request of 4 GiB or more"));
    }
    Ok(request)
}

fn push_field(request: &mut Vec<u8>, name: &str, value: &[u8]) {
    request.extend_from_slice(name.as_bytes());
    request.extend_from_slice(b": ");
    request.extend_from_slice(value);
    request.extend_from_slice(b"\r\n");
}

fn has_field(plan: &Plan, wanted: &str) -> bool {
    plan.headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
}

fn check_request(plan: &Plan) -> Result<(), LoadError> {
    if plan.method.is_empty() || !plan.method.bytes().all(is_token) {
        return Err(config(format!("{:?} is not a method", plan.method)));
    }
    if plan.method == "CONNECT" {
        return Err(config(
            "CONNECT opens a tunnel, it is not a request to load",
        ));
    }
    let is_path = plan.path.starts_with(b"/") || (plan.path == b"*" && plan.method == "OPTIONS");
    if !is_path || plan.path.iter().any(|&byte| byte <= b' ' || byte == 0x7f) {
        return Err(config(format!(
            "{:?} is not a path",
            String::from_utf8_lossy(&plan.path)
        )));
    }
    check_value("Host", plan.host_header.as_bytes())?;
    for (name, value) in &plan.headers {
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(config(format!("{name:?} is not a header name")));
        }
        if OWN_FIELDS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(config(format!("{name} is written by the engine itself")));
        }
        check_value(name, value)?;
    }
    Ok(())
}

fn check_value(name: &str, value: &[u8]) -> Result<(), LoadError> {
    // The value itself may be a secret, so the message holds the name only.
    if value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return Err(config(format!("{name} holds a line end or a zero byte")));
    }
    Ok(())
}

fn config(message: impl Into<String>) -> LoadError {
    LoadError::Config(message.into())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn plan() -> Plan {
        let second = Duration::from_secs(1);
        Plan {
            addresses: vec![([127, 0, 0, 1], 80).into()],
            source_addresses: Vec::new(),
            max_connections: 1,
            host_header: "example.test".into(),
            tls: None,
            method: "GET".into(),
            path: b"/a?b=c".to_vec(),
            headers: Vec::new(),
            body: None,
            ok_below_status: 400,
            max_requests: u64::MAX,
            threads: 1,
            timeouts: Timeouts {
                connect: second,
                first_byte: second,
                idle: second,
                total: second,
            },
        }
    }

    fn text(plan: &Plan) -> String {
        String::from_utf8(render_request(plan).unwrap()).unwrap()
    }

    #[test]
    fn renders_the_least_that_http_asks_for() {
        let agent = concat!("capacity/", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            format!("GET /a?b=c HTTP/1.1\r\nHost: example.test\r\nUser-Agent: {agent}\r\n\r\n"),
            text(&plan())
        );
    }

    #[test]
    fn own_fields_of_the_user_win() {
        let mut plan = plan();
        plan.headers = vec![
            ("HOST".into(), b"other".to_vec()),
            ("user-agent".into(), b"mine".to_vec()),
        ];
        assert_eq!(
            "GET /a?b=c HTTP/1.1\r\nHOST: other\r\nuser-agent: mine\r\n\r\n",
            text(&plan)
        );
    }

    #[test]
    fn bodies_carry_their_length() {
        let mut plan = plan();
        plan.body = Some(b"abc".to_vec());
        assert!(text(&plan).ends_with("Content-Length: 3\r\n\r\nabc"));
        plan.body = None;
        plan.method = "POST".into();
        assert!(text(&plan).ends_with("Content-Length: 0\r\n\r\n"));
    }

    #[test]
    fn impossible_plans_are_refused() {
        let spoils: [fn(&mut Plan); 12] = [
            |plan| plan.addresses.clear(),
            |plan| plan.threads = 0,
            |plan| plan.ok_below_status = 100,
            |plan| plan.method = "G ET".into(),
            |plan| plan.method = "CONNECT".into(),
            |plan| plan.path = b"a".to_vec(),
            |plan| plan.path = b"/a b".to_vec(),
            |plan| plan.host_header = "a\r\nb: c".into(),
            |plan| plan.headers = vec![("a:".into(), Vec::new())],
            |plan| plan.headers = vec![("a".into(), b"\n".to_vec())],
            |plan| plan.headers = vec![("content-LENGTH".into(), b"1".to_vec())],
            |plan| plan.timeouts.idle = Duration::ZERO,
        ];
        for (index, spoil) in spoils.iter().enumerate() {
            let mut plan = plan();
            spoil(&mut plan);
            let error = Recipe::new(&plan).map(|_| ()).unwrap_err();
            assert_eq!("config", error.kind(), "case {index}");
        }
    }
}
