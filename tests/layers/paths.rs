//! Source text → the paths and words in it.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::collections::VecDeque;
use std::str::FromStr;

/// What a file names.
#[derive(Default)]
pub struct Found {
    /// Paths within the crate, from its root.
    pub own: Vec<Vec<String>>,
    /// All other paths, as written.
    pub foreign: Vec<Vec<String>>,
    /// Single words, keywords included.
    pub words: Vec<String>,
    /// Modules of files of their own that only tests see.
    pub tests: Vec<Vec<String>>,
}

/// Reads the source of a module.
pub fn read(text: &str, module: &[String]) -> Result<Found, String> {
    let tokens = TokenStream::from_str(text).map_err(|error| format!("cannot be read: {error}"))?;
    // `lib` and `main` are the root itself.
    let root = matches!(module, [one] if one == "lib" || one == "main");
    let mut reader = Reader::default();
    reader.walk(tokens, if root { &[] } else { module });
    Ok(reader.found)
}

#[derive(Default)]
struct Reader {
    found: Found,
}

type Tokens = VecDeque<TokenTree>;

impl Reader {
    fn walk(&mut self, stream: TokenStream, module: &[String]) {
        let mut tokens: Tokens = stream.into_iter().collect();
        while let Some(token) = tokens.pop_front() {
            match token {
                TokenTree::Punct(hash) if hash.as_char() == '#' && is_for_tests(tokens.front()) => {
                    let name = skip_item(&mut tokens);
                    self.found.tests.extend(name.map(|name| [module, &[name]].concat()));
                }
                TokenTree::Ident(word) if word == "mod" => self.module(&mut tokens, module),
                TokenTree::Ident(word) => self.path(vec![plain(&word)], &mut tokens, module),
                TokenTree::Group(group) => self.walk(group.stream(), module),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// What follows `mod`.
    fn module(&mut self, tokens: &mut Tokens, module: &[String]) {
        let Some(TokenTree::Ident(name)) = tokens.pop_front() else { return };
        if let Some(body) = take_group(tokens, Delimiter::Brace) {
            self.walk(body.stream(), &[module, &[plain(&name)]].concat());
        }
    }

    /// A path that has begun with `parts`, in `use` also a whole tree of them.
    fn path(&mut self, mut parts: Vec<String>, tokens: &mut Tokens, module: &[String]) {
        let mut alone = parts.len() == 1;
        while take_colons(tokens) {
            alone = false;
            if let Some(group) = take_group(tokens, Delimiter::Brace) {
                return self.branches(&parts, group.stream(), module);
            }
            match tokens.front() {
                Some(TokenTree::Ident(word)) => {
                    let word = plain(word);
                    tokens.pop_front();
                    parts.push(word);
                }
                _ => break,
            }
        }
        if alone {
            // Any other word, as in `pub(crate)`.
            self.found.words.append(&mut parts);
        } else {
            self.add(parts, module);
        }
    }

    /// The branches of a `use` tree.
    fn branches(&mut self, stem: &[String], stream: TokenStream, module: &[String]) {
        let mut tokens: Tokens = stream.into_iter().collect();
        while let Some(token) = tokens.pop_front() {
            match token {
                TokenTree::Ident(word) if word == "as" => drop(tokens.pop_front()),
                TokenTree::Ident(word) if word == "self" => self.add(stem.to_vec(), module),
                TokenTree::Ident(word) => {
                    self.path([stem, &[plain(&word)]].concat(), &mut tokens, module);
                }
                TokenTree::Group(group) => self.branches(stem, group.stream(), module),
                TokenTree::Punct(star) if star.as_char() == '*' => self.add(stem.to_vec(), module),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn add(&mut self, parts: Vec<String>, module: &[String]) {
        self.found.words.extend(parts.iter().cloned());
        let supers = parts.iter().take_while(|part| *part == "super").count();
        match parts.first().map(String::as_str) {
            // The library by its name: only the command sees it so.
            Some("crate" | "berth") => self.found.own.push(parts[1..].to_vec()),
            Some("self") if parts.len() > 1 => self.found.own.push([module, &parts[1..]].concat()),
            Some("super") => {
                let parent = &module[..module.len().saturating_sub(supers)];
                self.found.own.push([parent, &parts[supers..]].concat());
            }
            _ if parts.len() > 1 => self.found.foreign.push(parts),
            _ => {}
        }
    }
}

/// A word without the `r#` of raw ones.
fn plain(word: &proc_macro2::Ident) -> String {
    let word = word.to_string();
    word.strip_prefix("r#").map(str::to_owned).unwrap_or(word)
}

fn is_for_tests(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// Drops everything up to the end of the item that an attribute stands before, and gives the name of a module
/// that has a file of its own.
fn skip_item(tokens: &mut Tokens) -> Option<String> {
    let mut words = Vec::new();
    while let Some(token) = tokens.pop_front() {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return None,
            TokenTree::Punct(end) if end.as_char() == ';' => break,
            TokenTree::Ident(word) => words.push(plain(&word)),
            _ => {}
        }
    }
    let name = words.pop()?;
    (words.pop()? == "mod").then_some(name)
}

fn take_colons(tokens: &mut Tokens) -> bool {
    let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let found = colon(tokens.front()) && colon(tokens.get(1));
    if found {
        tokens.drain(..2);
    }
    found
}

fn take_group(tokens: &mut Tokens, delimiter: Delimiter) -> Option<Group> {
    match tokens.front() {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => {
            let group = group.clone();
            tokens.pop_front();
            Some(group)
        }
        _ => None,
    }
}
