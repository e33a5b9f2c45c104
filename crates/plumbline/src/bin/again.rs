//! Takes random changes in one by one and compares with scratch: `again [SEEDS] [CHANGES] [FROM]`.

use anyhow::bail;
use plumbline::again::run;
use sandbox::contractor::Plan;

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let mut number = |usual: u64| words.next().map_or(Ok(usual), |word| word.parse());
    let (seeds, changes, from) = (number(10)?, number(50)?, number(1)?);
    let mut differ = 0;
    for seed in from..from + seeds {
        let plan = if seed % 3 == 0 {
            Plan::sized(seed, 14, 3)
        } else {
            Plan::sized(seed, 8, 1)
        };
        match run(&plan, seed, usize::try_from(changes)?) {
            Ok(summary) => println!("seed {seed}: {summary:?}"),
            Err(error) => {
                println!("{error:#}");
                differ += 1;
            }
        }
    }
    if differ > 0 {
        bail!("{differ} of {seeds} seeds differ from scratch");
    }
    Ok(())
}
