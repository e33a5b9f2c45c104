//! The switches and limits of the settings, as `gate` asks about them.

use figures::Money;
use gate::switching::{Limit, Powers, Step, is_true_of};
use jiff::Timestamp;
use store::{Store, TenantScope};

use super::Settings;

impl Settings {
    /// The switches and limits.
    #[must_use]
    pub fn powers(&self) -> Powers {
        let mut settings = self.clone();
        let set = |(limit, amount): (Limit, &mut Option<Money>)| Some((limit, (*amount)?));
        Powers {
            limits: settings.limits().into_iter().filter_map(set).collect(),
            switches: settings.switches,
        }
    }

    /// The same settings with these switches and limits.
    #[must_use]
    pub fn with_powers(mut self, powers: Powers) -> Self {
        for (limit, amount) in self.limits() {
            *amount = powers.limits.get(&limit).copied();
        }
        self.switches = powers.switches;
        self
    }

    /// Where each limit is kept.
    fn limits(&mut self) -> [(Limit, &mut Option<Money>); Limit::ALL.len()] {
        [
            (Limit::SecondApprovalAbove, &mut self.second_approval_above),
            (Limit::TogetherUpTo, &mut self.together_up_to),
        ]
    }
}

/// Carries out what may be: the settings as they are now, after these steps. Nothing happens where
/// a step does not begin there any more.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn carry_out(
    store: &Store,
    scope: &TenantScope,
    steps: &[Step],
    now: Timestamp,
) -> anyhow::Result<Option<Settings>> {
    let settings = Settings::load(store, scope).await?;
    let powers = settings.powers();
    if !is_true_of(steps, &powers) {
        return Ok(None);
    }
    let settings = settings.with_powers(powers.after(steps));
    settings.change(store, scope, now).await?;
    Ok(Some(settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_kept_where_it_is_read() {
        for limit in Limit::ALL {
            let mut powers = Settings::default().powers();
            powers.switches.writes = true;
            powers.limits.insert(limit, Money::from_cents(1));
            let settings = Settings::default().with_powers(powers.clone());
            assert_eq!(settings.powers(), powers, "{limit:?}");
            let emptied = settings.with_powers(Powers::default());
            assert_eq!(emptied.powers(), Powers::default(), "{limit:?}");
        }
    }
}
