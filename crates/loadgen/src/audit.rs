//! Which request was that, so that the server can be asked about it, too?
//!
//! With the test-only feature `audit` a request that carries a field `X-Id` of 16 digits gets a
//! number of its own there, and its stamps and its end are kept. Without the feature every type
//! here is empty and every call does nothing, so that nothing of it is in a product.

#[cfg(feature = "audit")]
mod kept;
#[cfg(not(feature = "audit"))]
mod nothing;

#[cfg(feature = "audit")]
pub use kept::{Entry, Outcome};
#[cfg(feature = "audit")]
pub(crate) use kept::{Log, Sink, Ticket};
#[cfg(not(feature = "audit"))]
pub(crate) use nothing::{Log, Sink, Ticket};
