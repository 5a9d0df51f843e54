//! From where to where does the next connection go?
//!
//! A port can be used once for each pair of a source and a target address, so many connections
//! need several sources. None is bound unless one was asked for or loopback runs short of ports:
//! the kernel chooses best when it knows the target.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::IpBindAddressNoPort;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, bind, connect, ipproto, socket_with, sockopt,
};

use crate::failure::{FailureKind, LoadError};

const PORT_RANGE_FILE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// What the kernel starts with: 32768 to 60999.
const USUAL_PORT_COUNT: usize = 28_232;
/// 127.0.0.2 to 127.0.0.251.
const MAX_SPREAD: usize = 250;

/// The addresses at both ends of all connections.
#[derive(Debug)]
pub(crate) struct Routes {
    targets: Vec<SocketAddr>,
    /// Empty: the kernel chooses.
    sources_v4: Vec<IpAddr>,
    sources_v6: Vec<IpAddr>,
}

/// The two ends of one connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Route {
    pub target: SocketAddr,
    pub source: Option<IpAddr>,
}

impl Routes {
    /// Check that every target can be reached from one of `sources`, and that they are ours.
    pub(crate) fn new(
        targets: &[SocketAddr],
        sources: &[IpAddr],
        max_connections: usize,
    ) -> Result<Self, LoadError> {
        if targets.is_empty() {
            return Err(LoadError::Config("no address to connect to".into()));
        }
        for &source in sources {
            check_source(source)?;
        }
        let spread = if sources.is_empty() && targets.iter().all(is_on_loopback_v4) {
            loopback_sources(max_connections.div_ceil(targets.len()), port_count())
        } else {
            Vec::new()
        };
        let (sources_v4, sources_v6): (Vec<_>, Vec<_>) = sources
            .iter()
            .chain(&spread)
            .copied()
            .partition(IpAddr::is_ipv4);
        let routes = Self {
            targets: targets.to_vec(),
            sources_v4,
            sources_v6,
        };
        let unreachable = targets
            .iter()
            .find(|target| !sources.is_empty() && routes.sources(target).is_empty());
        match unreachable {
            Some(target) => Err(LoadError::Config(format!(
                "no source address is of the same family as {target}"
            ))),
            None => Ok(routes),
        }
    }

    /// The ends of a thread's n-th connection; every pair has its turn.
    pub(crate) fn nth(&self, number: usize) -> Route {
        let target = self.targets[number % self.targets.len()];
        let sources = self.sources(&target);
        let turn = number / self.targets.len();
        Route {
            target,
            source: (!sources.is_empty()).then(|| sources[turn % sources.len()]),
        }
    }

    fn sources(&self, target: &SocketAddr) -> &[IpAddr] {
        match target {
            SocketAddr::V4(_) => &self.sources_v4,
            SocketAddr::V6(_) => &self.sources_v6,
        }
    }

    /// Whether a connection may end at the socket that opened it.
    pub(crate) fn is_on_loopback(&self) -> bool {
        self.targets.iter().any(|target| target.ip().is_loopback())
    }
}

fn is_on_loopback_v4(target: &SocketAddr) -> bool {
    target.is_ipv4() && target.ip().is_loopback()
}

/// No source while half of the ports are enough, because a fuller range is slow to search; else as
/// many as keep every range half empty.
fn loopback_sources(connections: usize, ports: usize) -> Vec<IpAddr> {
    let ports_each = (ports / 2).max(1);
    if connections <= ports_each {
        return Vec::new();
    }
    let count = connections.div_ceil(ports_each).min(MAX_SPREAD);
    (2..=251)
        .map(|last| Ipv4Addr::new(127, 0, 0, last).into())
        .take(count)
        .collect()
}

fn port_count() -> usize {
    let text = std::fs::read_to_string(PORT_RANGE_FILE).unwrap_or_default();
    parse_port_count(&text).unwrap_or(USUAL_PORT_COUNT)
}

fn parse_port_count(text: &str) -> Option<usize> {
    let mut bounds = text.split_ascii_whitespace().map(str::parse::<usize>);
    let (first, last) = (bounds.next()?.ok()?, bounds.next()?.ok()?);
    (last.checked_sub(first)?).checked_add(1)
}

fn check_source(source: IpAddr) -> Result<(), LoadError> {
    let socket =
        make_socket(source).map_err(|errno| LoadError::from_setup("make a socket", errno))?;
    bind(&socket, &SocketAddr::new(source, 0)).map_err(|errno| match errno {
        Errno::ADDRNOTAVAIL => {
            LoadError::Config(format!("{source} is not an address of this machine"))
        }
        errno => LoadError::Config(format!("{source} cannot be a source address: {errno}")),
    })
}

fn make_socket(peer: IpAddr) -> Result<OwnedFd, Errno> {
    let family = match peer {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    };
    socket_with(
        family,
        SocketType::STREAM,
        SocketFlags::NONBLOCK | SocketFlags::CLOEXEC,
        Some(ipproto::TCP),
    )
}

impl Route {
    /// Make a socket and start its connection.
    pub(crate) fn open(&self) -> Result<OwnedFd, FailureKind> {
        self.start().map_err(FailureKind::from_connect_errno)
    }

    fn start(&self) -> Result<OwnedFd, Errno> {
        let socket = make_socket(self.target.ip())?;
        sockopt::set_tcp_nodelay(&socket, true)?;
        if let Some(source) = self.source {
            // Else the port is reserved before the target is known, and all targets share a range.
            setsockopt(&socket, IpBindAddressNoPort, &true)
                .map_err(|errno| Errno::from_raw_os_error(errno as i32))?;
            bind(&socket, &SocketAddr::new(source, 0))?;
        }
        match connect(&socket, &self.target) {
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(socket),
            Err(errno) => Err(errno),
        }
    }

    /// Wait for a connection; for use before any load.
    pub(crate) fn open_and_wait(&self, timeout: Duration) -> Result<TcpStream, Errno> {
        let socket = self.start()?;
        let timeout = Timespec::try_from(timeout).map_err(|_| Errno::INVAL)?;
        let mut ready = [PollFd::new(&socket, PollFlags::OUT)];
        if poll(&mut ready, Some(&timeout))? == 0 {
            return Err(Errno::TIMEDOUT);
        }
        sockopt::socket_error(&socket)??;
        rustix::io::ioctl_fionbio(&socket, false)?;
        Ok(TcpStream::from(socket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn sources(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn nothing_is_bound_unless_it_was_asked_for() {
        let routes = Routes::new(&targets(&["127.0.0.1:80", "[::1]:80"]), &[], 9).unwrap();
        assert!((0..10).all(|number| routes.nth(number).source.is_none()));
    }

    #[test]
    fn every_pair_has_its_turn() {
        let asked = sources(&["127.0.0.5", "::1", "127.0.0.6"]);
        let both = targets(&["127.0.0.1:80", "127.0.0.2:80"]);
        let routes = Routes::new(&both, &asked, 9).unwrap();
        let pairs: Vec<_> = (0..5)
            .map(|number| {
                let route = routes.nth(number);
                format!("{} {}", route.source.unwrap(), route.target)
            })
            .collect();
        let expected = [
            "127.0.0.5 127.0.0.1:80",
            "127.0.0.5 127.0.0.2:80",
            "127.0.0.6 127.0.0.1:80",
            "127.0.0.6 127.0.0.2:80",
            "127.0.0.5 127.0.0.1:80",
        ];
        assert_eq!(expected.as_slice(), pairs);
    }

    #[test]
    fn impossible_ends_are_refused_in_words() {
        for (to, from, text) in [
            (&[][..], &[][..], "no address to connect to"),
            (
                &["127.0.0.1:80"],
                &["192.0.2.7"],
                "192.0.2.7 is not an address of this machine",
            ),
            (
                &["127.0.0.1:80", "[::1]:80"],
                &["127.0.0.2"],
                "no source address is of the same family as [::1]:80",
            ),
        ] {
            let error = Routes::new(&targets(to), &sources(from), 1).unwrap_err();
            assert_eq!(("config", text), (error.kind(), error.to_string().as_str()));
        }
    }

    #[test]
    fn loopback_spreads_before_ports_run_short() {
        let last = |connections| loopback_sources(connections, 1000).last().copied();
        assert_eq!(None, last(500));
        assert_eq!(Some([127, 0, 0, 3].into()), last(501));
        assert_eq!(Some([127, 0, 0, 4].into()), last(1500));
        assert_eq!(Some([127, 0, 0, 251].into()), last(usize::MAX));
    }

    #[test]
    fn the_port_range_is_read_as_the_kernel_writes_it() {
        assert_eq!(Some(28_232), parse_port_count("32768\t60999\n"));
        assert_eq!(None, parse_port_count(""));
        assert_eq!(None, parse_port_count("9 1"));
        assert!(port_count() > 0);
    }

    #[test]
    fn a_connection_comes_from_its_source() {
        for (listen, source) in [("127.0.0.1:0", "127.0.0.77"), ("[::1]:0", "::1")] {
            let listener = std::net::TcpListener::bind(listen).unwrap();
            let route = Route {
                target: listener.local_addr().unwrap(),
                source: Some(source.parse().unwrap()),
            };
            let stream = route.open_and_wait(Duration::from_secs(5)).unwrap();
            let (_, peer) = listener.accept().unwrap();
            assert_eq!(source, peer.ip().to_string());
            assert_eq!(peer, stream.local_addr().unwrap());
        }
    }

    #[test]
    fn a_source_is_bound_without_a_port() {
        let source: IpAddr = [127, 0, 0, 78].into();
        let socket = make_socket(source).unwrap();
        setsockopt(&socket, IpBindAddressNoPort, &true).unwrap();
        bind(&socket, &SocketAddr::new(source, 0)).unwrap();
        let own = SocketAddr::try_from(rustix::net::getsockname(&socket).unwrap()).unwrap();
        assert_eq!(SocketAddr::new(source, 0), own, "no port before `connect`");
    }
}
