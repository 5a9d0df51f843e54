//! The Python module `capacity._core`: types and errors cross the line here, decisions do not.

#![allow(
    missing_docs,
    reason = "`_core.pyi` has these signatures and documents them"
)]

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use loadgen::{Arrivals, FailureKind, Plan, Timeouts, TlsPlan, WarningKind};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{create_exception, wrap_pyfunction};

create_exception!(
    capacity._core,
    LoadError,
    PyException,
    "A fault before or outside single requests; `args` is `(kind, detail)`."
);

/// Signals are looked at this often while Python waits.
const WAIT_SLICE: Duration = Duration::from_millis(100);

fn to_python(error: &loadgen::LoadError) -> PyErr {
    LoadError::new_err((error.kind(), error.to_string()))
}

fn config_error(detail: String) -> PyErr {
    to_python(&loadgen::LoadError::Config(detail))
}

fn duration(name: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| config_error(format!("{name} = {seconds}: {error}")))
}

#[pyclass(frozen, module = "capacity._core")]
struct Pool {
    inner: loadgen::Pool,
}

#[pymethods]
impl Pool {
    #[new]
    #[pyo3(signature = (*, addresses, source_addresses, max_connections, host_header, tls, server_name, verify_tls, ca_pem, method, path, headers, body, ok_below_status, max_requests, threads, connect_timeout_s, first_byte_timeout_s, idle_timeout_s, total_timeout_s))]
    #[expect(clippy::too_many_arguments, reason = "keyword-only in Python")]
    fn new(
        py: Python<'_>,
        addresses: Vec<(String, u16)>,
        source_addresses: Vec<String>,
        max_connections: usize,
        host_header: String,
        tls: bool,
        server_name: String,
        verify_tls: bool,
        ca_pem: Option<Vec<u8>>,
        method: String,
        path: Vec<u8>,
        headers: Vec<(String, Vec<u8>)>,
        body: Option<Vec<u8>>,
        ok_below_status: u16,
        max_requests: u64,
        threads: usize,
        connect_timeout_s: f64,
        first_byte_timeout_s: f64,
        idle_timeout_s: f64,
        total_timeout_s: f64,
    ) -> PyResult<Self> {
        let plan = Plan {
            addresses: addresses
                .into_iter()
                .map(|(address, port)| socket_address(&address, port))
                .collect::<PyResult<_>>()?,
            source_addresses: source_addresses
                .into_iter()
                .map(|address| ip_address(&address))
                .collect::<PyResult<_>>()?,
            max_connections,
            host_header,
            tls: tls.then_some(TlsPlan {
                server_name,
                verify: verify_tls,
                ca_pem,
            }),
            method,
            path,
            headers,
            body,
            ok_below_status,
            max_requests,
            threads,
            timeouts: Timeouts {
                connect: duration("connect_timeout_s", connect_timeout_s)?,
                first_byte: duration("first_byte_timeout_s", first_byte_timeout_s)?,
                idle: duration("idle_timeout_s", idle_timeout_s)?,
                total: duration("total_timeout_s", total_timeout_s)?,
            },
        };
        py.detach(|| loadgen::Pool::new(&plan))
            .map(|inner| Self { inner })
            .map_err(|error| to_python(&error))
    }

    fn probe(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.inner.probe())
            .map_err(|error| to_python(&error))
    }

    fn start(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.inner.start())
            .map_err(|error| to_python(&error))
    }

    fn set_concurrency(&self, concurrency: usize) {
        self.inner.set_concurrency(concurrency);
    }

    #[pyo3(signature = (*, rate_qps, poisson, max_in_flight))]
    fn set_rate(&self, rate_qps: f64, poisson: bool, max_in_flight: usize) -> PyResult<()> {
        let arrivals = if poisson {
            Arrivals::Poisson
        } else {
            Arrivals::Constant
        };
        self.inner
            .set_rate(rate_qps, arrivals, max_in_flight)
            .map_err(|error| to_python(&error))
    }

    fn ready_connections(&self) -> usize {
        self.inner.ready_connections()
    }

    fn begin_window(&self, window: u32) -> PyResult<()> {
        self.inner
            .begin_window(window)
            .map_err(|error| to_python(&error))
    }

    fn poll(&self, py: Python<'_>, timeout_s: f64) -> PyResult<Option<Snapshot>> {
        let mut left = duration("timeout_s", timeout_s)?;
        loop {
            let slice = left.min(WAIT_SLICE);
            let polled = py
                .detach(|| self.inner.poll(slice))
                .map_err(|error| to_python(&error))?;
            if let Some(inner) = polled {
                return Ok(Some(Snapshot { inner }));
            }
            py.check_signals()?;
            left -= slice;
            if left.is_zero() {
                return Ok(None);
            }
        }
    }

    fn cut(&self) {
        self.inner.cut();
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.inner.close());
    }
}

fn socket_address(address: &str, port: u16) -> PyResult<SocketAddr> {
    Ok(SocketAddr::new(ip_address(address)?, port))
}

fn ip_address(address: &str) -> PyResult<IpAddr> {
    address
        .parse()
        .map_err(|_| config_error(format!("{address:?} is not a numeric address")))
}

#[pyclass(frozen, module = "capacity._core")]
struct Snapshot {
    inner: loadgen::Snapshot,
}

type FailureSample = (f64, u16, u64, Option<f64>, bool);

macro_rules! fields {
    (numbers { $($name:ident: $kind:ty,)* } blobs { $($blob:ident,)* }) => {
        #[pymethods]
        impl Snapshot {
            $(#[getter] fn $name(&self) -> $kind { self.inner.$name })*

            $(
                #[getter]
                fn $blob<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
                    PyBytes::new(py, &self.inner.$blob)
                }
            )*

            #[getter]
            fn failures(&self) -> Vec<(&'static str, u64)> {
                self.inner.failures.iter().map(|&(kind, count)| (kind.name(), count)).collect()
            }

            #[getter]
            fn warnings(&self) -> Vec<(&'static str, u64)> {
                self.inner.warnings.iter().map(|&(kind, count)| (kind.name(), count)).collect()
            }

            #[getter]
            fn statuses(&self) -> Vec<(u16, u64)> {
                self.inner.statuses.clone()
            }

            #[getter]
            fn gaps(&self) -> Vec<(f64, f64)> {
                self.inner.gaps.clone()
            }

            #[getter]
            fn failure_samples(&self) -> Vec<(&'static str, f64, f64, Vec<FailureSample>)> {
                self.inner.failure_samples.iter().map(failure_samples).collect()
            }
        }
    };
}

fn failure_samples(seen: &loadgen::FailureSamples) -> (&'static str, f64, f64, Vec<FailureSample>) {
    let samples = seen.samples.iter().map(|sample| {
        (
            sample.at_s,
            sample.status,
            sample.received_bytes,
            sample.latency_s,
            sample.is_reused,
        )
    });
    (
        seen.kind.name(),
        seen.first_s,
        seen.last_s,
        samples.collect(),
    )
}

fields! {
    numbers {
        window: u32,
        start_s: f64,
        end_s: f64,
        window_over: bool,
        planned: u64,
        dropped_no_slot: u64,
        dropped_late: u64,
        not_started: u64,
        started: u64,
        ok: u64,
        cut: u64,
        sent_bytes: u64,
        received_bytes: u64,
        ended_ok: u64,
        ended_all: u64,
        running_s: f64,
        gap_s: f64,
        ended_time_s: f64,
        in_flight: u64,
        connections_open: u64,
        connections_opened: u64,
        connections_failed: u64,
        connections_closed_by_target: u64,
        longest_gap_s: f64,
        cpu_ratio: f64,
        runqueue_wait_ratio: f64,
        suspended_s: f64,
    }
    blobs {
        latency_blob,
        failed_latency_blob,
        first_byte_blob,
        transfer_blob,
        fresh_latency_blob,
        response_blob,
        send_lag_blob,
        connect_blob,
        tls_blob,
        loop_lag_blob,
    }
}

#[pyclass(module = "capacity._core")]
struct Histogram {
    inner: loadgen::Histogram,
}

#[pymethods]
impl Histogram {
    #[new]
    fn new() -> Self {
        Self {
            inner: loadgen::Histogram::new(),
        }
    }

    #[staticmethod]
    fn from_blob(blob: &[u8]) -> PyResult<Self> {
        loadgen::Histogram::from_blob(blob)
            .map(|inner| Self { inner })
            .map_err(|error| to_python(&error))
    }

    fn record_s(&mut self, seconds: f64) -> PyResult<()> {
        self.inner
            .record_s(seconds)
            .map_err(|error| to_python(&error))
    }

    fn add(slf: &Bound<'_, Self>, other: &Bound<'_, Self>) {
        if slf.is(other) {
            let same = slf.borrow().inner.clone();
            slf.borrow_mut().inner.add(&same);
        } else {
            slf.borrow_mut().inner.add(&other.borrow().inner);
        }
    }

    fn to_blob<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let blob = self.inner.to_blob().map_err(|error| to_python(&error))?;
        Ok(PyBytes::new(py, &blob))
    }

    fn quantile_s(&self, quantile: f64) -> f64 {
        self.inner.quantile_s(quantile)
    }

    #[getter]
    fn count(&self) -> u64 {
        self.inner.count()
    }

    #[getter]
    fn mean_s(&self) -> f64 {
        self.inner.mean_s()
    }

    #[getter]
    fn min_s(&self) -> f64 {
        self.inner.min_s()
    }

    #[getter]
    fn max_s(&self) -> f64 {
        self.inner.max_s()
    }
}

#[pyfunction]
fn failure_kinds() -> Vec<(&'static str, &'static str)> {
    FailureKind::ALL
        .iter()
        .map(|kind| (kind.name(), kind.side().name()))
        .collect()
}

#[pyfunction]
fn warning_kinds() -> Vec<&'static str> {
    WarningKind::ALL.iter().map(|kind| kind.name()).collect()
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", loadgen::VERSION)?;
    module.add("is_release_build", !cfg!(debug_assertions))?;
    module.add("LoadError", module.py().get_type::<LoadError>())?;
    module.add_class::<Histogram>()?;
    module.add_class::<Snapshot>()?;
    module.add_class::<Pool>()?;
    module.add_function(wrap_pyfunction!(failure_kinds, module)?)?;
    module.add_function(wrap_pyfunction!(warning_kinds, module)?)
}
