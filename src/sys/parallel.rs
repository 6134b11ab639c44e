//! Many small jobs at once.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{available_parallelism, scope};

/// Workers for what waits for the disk more than it computes.
pub const DISK_WORKERS: usize = 16;

/// Workers for what computes: one for each processor.
#[must_use]
pub fn processors() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// Does `work` for each item, on at most `workers` threads; the answers are in the items' order.
///
/// A panic of `work` goes on in the caller.
pub fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    workers: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let workers = workers.min(items.len());
    if workers < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let labour = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place) else {
                return done;
            };
            done.push((place, work(item)));
        }
    };
    let mut answers = scope(|scope| {
        let hands: Vec<_> = (0..workers).map(|_| scope.spawn(labour)).collect();
        let done =
            hands.into_iter().map(|hand| hand.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done.flatten().collect::<Vec<_>>()
    });
    answers.sort_unstable_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_in_order_however_many_work() {
        let items: Vec<usize> = (0..1000).collect();
        for workers in [0, 1, 3, 5000] {
            assert_eq!(in_parallel(&items, workers, |item| item * 2)[999], 1998, "{workers}");
        }
        assert!(in_parallel(&[0_usize; 0], 4, |item| *item).is_empty());
    }
}
