//! The rules of verification as a pure state machine.
