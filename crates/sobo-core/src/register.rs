//! Registers and the volumes they are bound in.

use serde::{Deserialize, Serialize};

/// What a register records. The three great kinds first, then the later ones of the law.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisterType {
    /// Khai sinh (khai sanh).
    Birth,
    /// Kết hôn (hôn thú, giá thú).
    Marriage,
    /// Khai tử.
    Death,
    /// Nhận cha, mẹ, con.
    Recognition,
    /// Nuôi con nuôi.
    Adoption,
    /// Giám hộ.
    Guardianship,
    /// Thay đổi, cải chính.
    Change,
    /// Xác nhận tình trạng hôn nhân.
    MaritalStatus,
}

impl RegisterType {
    /// The identifier used in files, the database and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Birth => "birth",
            Self::Marriage => "marriage",
            Self::Death => "death",
            Self::Recognition => "recognition",
            Self::Adoption => "adoption",
            Self::Guardianship => "guardianship",
            Self::Change => "change",
            Self::MaritalStatus => "marital_status",
        }
    }

    /// All kinds, in the order above.
    pub const ALL: [Self; 8] = [
        Self::Birth,
        Self::Marriage,
        Self::Death,
        Self::Recognition,
        Self::Adoption,
        Self::Guardianship,
        Self::Change,
        Self::MaritalStatus,
    ];

    /// The kind with this identifier.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How the ink came onto the paper.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ink {
    /// Pen.
    Handwritten,
    /// Typewriter.
    Typed,
    /// Letterpress, offset or printer.
    Printed,
}

/// What a volume's closing statement says it holds (Law on Civil Status 60/2014, Art. 58(2)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Stated number of pages.
    pub pages: Option<u32>,
    /// Stated number of entries.
    pub entries: Option<u32>,
    /// Number of the first entry, as written.
    pub first_entry: Option<String>,
    /// Number of the last entry, as written.
    pub last_entry: Option<String>,
}

/// The description of a volume that comes with its scans (`volume.toml`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeDescriptor {
    /// Name of the volume, unique in a store, such as `KS.2006.01`.
    pub name: String,
    /// Office as written on the book.
    pub office: String,
    /// Who keeps the book today; the office itself where absent.
    #[serde(default)]
    pub custodian: Option<String>,
    /// What the register records.
    pub register_type: RegisterType,
    /// Identifier of the form in `pipelines/`, or `auto`.
    #[serde(default = "auto")]
    pub form: String,
    /// Book number as written (`Quyển số`).
    #[serde(default)]
    pub number: Option<String>,
    /// First year the volume covers.
    pub year_from: i32,
    /// Last year the volume covers; the first where absent.
    #[serde(default)]
    pub year_to: Option<i32>,
    /// Opening statement.
    #[serde(default)]
    pub opening: Statement,
    /// Closing statement.
    #[serde(default)]
    pub closing: Statement,
    /// Where the book stands: kho → kệ → hộp → hồ sơ.
    #[serde(default)]
    pub shelf: Option<String>,
    /// File names in page order where natural order is wrong; others follow.
    #[serde(default)]
    pub pages: Vec<String>,
}

fn auto() -> String {
    "auto".to_owned()
}
