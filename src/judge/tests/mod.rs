//! The law, stated once more and differently, and held against the judge.

mod accepting;
mod adding;
mod changing;
mod demands;
mod entering;
mod joining;
mod locking;
mod opening;
mod oracle;
mod people;
mod properties;
mod raising;
mod resuming;
mod roles;
mod showing;
mod using;
mod world;
