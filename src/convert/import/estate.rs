//! Files of an account → all that is in them, each thing once.

use super::{dump, join};
use crate::convert::piece::Piece;
use crate::convert::{Note, terraform, text};

/// All that was read of an account.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    pieces: Vec<Piece>,
    notes: Vec<Note>,
}

impl Estate {
    /// Adds what a file says: outputs of Describe calls, or what `terraform show -json` prints.
    pub fn add(&mut self, source: &str, text: &str) {
        let documents = match text::documents(text) {
            Ok(documents) => documents,
            Err(error) => {
                self.notes.push(Note::violation(source, "", format!("is no JSON: {error}")));
                return;
            }
        };
        for document in documents.values.into_iter().filter(|document| !document.is_null()) {
            let known = terraform::pieces(source, &document).or_else(|| dump::pieces(source, &document));
            let Some((pieces, notes)) = known else {
                let told =
                    "is neither the output of a Describe call that is known here nor of terraform show -json";
                self.notes.push(Note::violation(source, "", told));
                continue;
            };
            pieces.into_iter().for_each(|piece| self.merge(piece));
            self.notes.extend(notes);
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Joins it all: each service with what it refers to, in the namespace of its cluster.
    pub fn import(self) -> super::Import {
        let mut import = join::join(&self.pieces, join::Layout::Namespaces);
        import.notes.splice(0..0, self.notes);
        import
    }

    /// Two outputs may tell of one thing: then the later one adds what the first does not say.
    fn merge(&mut self, piece: Piece) {
        let same = self
            .pieces
            .iter_mut()
            .find(|known| known.kind == piece.kind && !piece.arn().is_empty() && known.arn() == piece.arn());
        let Some(known) = same else {
            self.pieces.push(piece);
            return;
        };
        if known.name().is_empty() {
            known.source = piece.source;
        }
        for (name, value) in piece.document {
            let written = known.document.entry(name).or_insert_with(|| value.clone());
            if written.is_null() || written.as_array().is_some_and(Vec::is_empty) {
                *written = value;
            }
        }
    }
}
