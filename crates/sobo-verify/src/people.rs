//! Who acts, and in which capacity.

use serde::{Deserialize, Serialize};

/// A capacity in which a person may act. One person may hold several.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Scans books, runs batches, replaces bad scans.
    Archive,
    /// Enters records from the reading.
    Clerk,
    /// Checks what a clerk entered and reads again blind.
    Checker,
    /// Decides where two readings differ.
    Arbiter,
    /// Signs records off (hộ tịch viên).
    Registrar,
    /// Watches progress and quality, reopens records.
    Supervisor,
    /// Reads the audit log.
    Auditor,
    /// Manages accounts.
    Administrator,
}

impl Role {
    /// All roles, in the order above.
    pub const ALL: [Self; 8] = [
        Self::Archive,
        Self::Clerk,
        Self::Checker,
        Self::Arbiter,
        Self::Registrar,
        Self::Supervisor,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The identifier used in files, the database and interface texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Clerk => "clerk",
            Self::Checker => "checker",
            Self::Arbiter => "arbiter",
            Self::Registrar => "registrar",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role with this identifier.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Identifier of an account.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonId(pub i64);

/// A person with the roles held at the moment of acting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub person: PersonId,
    /// In which capacities.
    pub roles: Vec<Role>,
}

impl Actor {
    /// An actor with these roles.
    pub fn new(person: i64, roles: &[Role]) -> Self {
        Self { person: PersonId(person), roles: roles.to_vec() }
    }

    /// Whether the actor holds one of these roles.
    pub fn holds_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }
}
