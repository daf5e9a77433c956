//! ECS's texts for task sizes → CPU units and MiB.

/// CPU units of `"1024"`, `"1 vCPU"` or `".25 vcpu"`; none if the text is neither.
pub fn cpu(text: &str) -> Option<u32> {
    size(text, "vcpu")
}

/// MiB of `"1024"`, `"1GB"` or `".5 gb"`; none if the text is neither.
pub fn memory(text: &str) -> Option<u32> {
    size(text, "gb")
}

fn size(text: &str, unit: &str) -> Option<u32> {
    let lower = text.trim().to_ascii_lowercase();
    let Some(amount) = lower.strip_suffix(unit) else { return lower.parse().ok() };
    let amount = amount.trim();
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let decimal = |digits: &str| digits.is_empty() || digits.bytes().all(|byte| byte.is_ascii_digit());
    if amount.is_empty() || amount == "." || fraction.len() > 9 || !decimal(whole) || !decimal(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let thousandths = whole.checked_mul(1024)?.checked_add(fraction * 1024 / scale)?;
    u32::try_from(thousandths).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_in_all_of_ecs_forms() {
        assert_eq!(cpu("1024"), Some(1024));
        assert_eq!(cpu("1 vCPU"), Some(1024));
        assert_eq!(cpu(".25 vcpu"), Some(256));
        assert_eq!(memory("0.5GB"), Some(512));
        assert_eq!(memory("3 GB"), Some(3072));
        for wrong in ["", ".", "vcpu", ". vcpu", "-1", "1.2.3 vcpu", "1 GB", "１"] {
            assert_eq!(cpu(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,40}") {
            let _ = (cpu(&text), memory(&text));
        }
    }
}
