//! What can be appended, and to which stream.

use buffa::Message;

use crate::transport::Path;
use crate::v1;

/// An append of one of the three publishing streams. Rows stand for it where nothing else is to be said.
pub trait Append: Message + private::Sealed {
    /// What it consists of.
    type Row: Message;
    #[doc(hidden)]
    const PATH: Path;
    /// Number of interactions or events.
    fn rows(&self) -> usize;
    #[doc(hidden)]
    fn clear_offset(&mut self);
    /// Whether a briefing answers it, where briefings were asked for.
    #[doc(hidden)]
    fn holds_user_turn(&self) -> bool {
        false
    }
}

mod private {
    pub trait Sealed {}
}

/// Roles that the server counts among the users.
const USER_ROLES: [&str; 7] = ["", "user", "customer", "client", "human", "end_user", "visitor"];

impl Append for v1::StreamAppend {
    type Row = v1::InteractionData;
    const PATH: Path = "/interplay.v1.InteractionService/StreamPublish";

    fn rows(&self) -> usize {
        self.interactions.len()
    }

    fn clear_offset(&mut self) {
        self.offset = None;
    }

    fn holds_user_turn(&self) -> bool {
        let is_user = |role: &str| USER_ROLES.iter().any(|known| role.eq_ignore_ascii_case(known));
        self.interactions.iter().any(|data| is_user(data.role.trim()))
    }
}

impl Append for v1::StreamEventsAppend {
    type Row = v1::FeatureEvent;
    const PATH: Path = "/interplay.v1.FeatureService/StreamEvents";

    fn rows(&self) -> usize {
        self.events.len()
    }

    fn clear_offset(&mut self) {
        self.offset = None;
    }
}

impl Append for v1::StreamMonitorEventsAppend {
    type Row = v1::MonitorEvent;
    const PATH: Path = "/interplay.v1.MonitorService/StreamMonitorEvents";

    fn rows(&self) -> usize {
        self.events.len()
    }

    fn clear_offset(&mut self) {
        self.offset = None;
    }
}

macro_rules! made_of {
    ($append:ident, $rows:ident, $row:ident) => {
        impl private::Sealed for v1::$append {}

        impl From<Vec<v1::$row>> for v1::$append {
            fn from($rows: Vec<v1::$row>) -> Self {
                Self { $rows, ..Default::default() }
            }
        }

        impl From<v1::$row> for v1::$append {
            fn from(row: v1::$row) -> Self {
                vec![row].into()
            }
        }
    };
}

made_of!(StreamAppend, interactions, InteractionData);
made_of!(StreamEventsAppend, events, FeatureEvent);
made_of!(StreamMonitorEventsAppend, events, MonitorEvent);
