//! As much of `sh -c` as container health checks use: words, quotes, `$NAME`, `&&`, `||`, `;`.

use crate::commands;

enum Token {
    Word(String),
    And,
    Or,
    Then,
}

/// Runs `-c LINE`.
pub fn run(arguments: &[String]) -> i32 {
    match arguments {
        [flags, line, ..] if flags.starts_with('-') && flags.ends_with('c') => run_line(line),
        _ => {
            eprintln!("testapp: sh only understands -c 'LINE'");
            2
        }
    }
}

fn run_line(line: &str) -> i32 {
    let mut code = 0;
    let mut skip = false;
    let mut words: Vec<String> = Vec::new();
    let mut tokens = tokens(line);
    tokens.push(Token::Then);
    for token in tokens {
        if let Token::Word(word) = token {
            words.push(word);
            continue;
        }
        if words.first().is_some_and(|word| word == "exec") {
            words.remove(0);
        }
        if !skip && !words.is_empty() {
            code = if is_assignment(&words) { 0 } else { commands::run(&without_program(&words)) };
            if words.first().is_some_and(|word| word == "exit") {
                return code;
            }
        }
        words.clear();
        skip = match token {
            Token::And => code != 0,
            Token::Or => code == 0,
            _ => false,
        };
    }
    code
}

fn is_assignment(words: &[String]) -> bool {
    matches!(words, [only] if only.split_once('=').is_some_and(|(name, _)| !name.contains('/')))
}

fn without_program(words: &[String]) -> Vec<String> {
    match words {
        [program, rest @ ..] if program.rsplit('/').next() == Some("testapp") => rest.to_vec(),
        _ => words.to_vec(),
    }
}

fn tokens(line: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => {
                let text: String = rest.by_ref().take_while(|c| *c != '\'').collect();
                word.get_or_insert_default().push_str(&text);
            }
            '"' => {
                let text: String = rest.by_ref().take_while(|c| *c != '"').collect();
                word.get_or_insert_default().push_str(&expand(&text));
            }
            '&' | '|' if rest.peek() == Some(&c) => {
                rest.next();
                finish(&mut word, &mut tokens);
                tokens.push(if c == '&' { Token::And } else { Token::Or });
            }
            ';' | '\n' => {
                finish(&mut word, &mut tokens);
                tokens.push(Token::Then);
            }
            c if c.is_whitespace() => finish(&mut word, &mut tokens),
            c => word.get_or_insert_default().push(c),
        }
    }
    finish(&mut word, &mut tokens);
    without_redirections(tokens)
}

fn finish(word: &mut Option<String>, tokens: &mut Vec<Token>) {
    if let Some(text) = word.take() {
        tokens.push(Token::Word(expand(&text)));
    }
}

/// Output goes where it goes: `> /dev/null` and `2>&1` are read and have no effect.
fn without_redirections(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut target_follows = false;
    for token in tokens {
        match token {
            Token::Word(word)
                if target_follows || word.trim_start_matches(['1', '2', '&']).starts_with('>') =>
            {
                target_follows = !target_follows && word.ends_with('>');
            }
            other => kept.push(other),
        }
    }
    kept
}

fn expand(text: &str) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, tail) = braced.unwrap_or_else(|| {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            after.split_at(end)
        });
        if name.is_empty() {
            expanded.push('$');
        }
        expanded.push_str(&std::env::var(name).unwrap_or_default());
        rest = tail;
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::run_line;

    #[test]
    fn joins_as_a_shell_does() {
        assert_eq!(run_line("true && exit 3"), 3);
        assert_eq!(run_line("false && exit 3"), 1);
        assert_eq!(run_line("false || exit 4"), 4);
        assert_eq!(run_line("exit 5; true"), 5);
        assert_eq!(run_line("false; true"), 0);
        assert_eq!(run_line("true || exit 1 && exit 6"), 6);
    }

    #[test]
    fn health_checks_of_task_definitions() {
        assert_eq!(run_line("curl -f http://127.0.0.1:1/ || exit 1"), 1);
        assert_eq!(run_line("curl -sf \"http://127.0.0.1:1/\" >/dev/null 2>&1 || exit 7"), 7);
        assert_eq!(run_line("true > /dev/null && exit 2"), 2);
    }
}
