//! The codecs as their users meet them: through the public interface only.

mod console;
mod ipp;
mod lpd;
mod properties;
mod snmp;
