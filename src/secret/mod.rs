//! Values that must not be seen.
//!
//! [`Secret`] holds bytes, [`SecretText`] holds text. Neither can be printed, cloned, compared or
//! serialised by accident, and both are wiped when they go. Every opening is a call of `expose`
//! with an `EXPOSE:` comment that says why; a test counts them and knows the rooms where they are
//! allowed. [`SecretBuffer`] is how bytes become a secret: it never leaves an unwiped copy behind
//! when it grows, as a `Vec` would.
//!
//! [`sightings`] says where in a text of somebody else's a secret stands in the clear.
//!
//! What this does not cover is said in `docs/threat-model.md`: a child's environment, pipes in
//! the kernel, the terminal's own scroll-back.

mod buffer;
mod bytes;
mod mask;
mod naming;
mod placeholder;
mod shapes;
mod sighting;
mod text;

pub use buffer::SecretBuffer;
pub use bytes::Secret;
pub use mask::masked;
pub use shapes::shape_of;
pub use sighting::{Sighting, Why, sightings, sightings_in_address};
pub use text::SecretText;
