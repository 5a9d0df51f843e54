//! How do the rows of the threads become snapshots, in order and without a gap?
//!
//! A snapshot holds the rows of all threads with the same window and place on its grid. It waits
//! until every thread has gone past that place. Rows of stragglers wait for their window's end.

use std::collections::VecDeque;

use crate::recorder::{Place, Row, Tally};
use crate::self_watch::SelfLoad;
use crate::snapshot::Frame;
use crate::stall::Gap;

const GAPS_PER_SNAPSHOT: usize = 32;

/// What is known of a window that has been left, until its last request has ended.
struct OpenWindow {
    window: u32,
    in_flight: Vec<u64>,
    is_over: bool,
    /// The time without an answer that reaches to the end of the last interval, from where it
    /// began, be that before that interval.
    open_gap: Option<Gap>,
    stragglers: Vec<Row>,
}

impl OpenWindow {
    /// The longest of the times within `span`; one that was open at its start is the same still.
    fn longest_gap_ns(&mut self, gaps: &[Gap], span: Gap) -> u64 {
        let was_open = self.open_gap.take();
        let mut longest_ns = 0;
        for &(mut gap) in gaps {
            if let Some(before) = was_open
                && gap.start_ns == span.start_ns
                && gap.start_ns == before.end_ns
            {
                gap.start_ns = before.start_ns;
            }
            longest_ns = longest_ns.max(gap.length_ns());
            if gap.end_ns == span.end_ns {
                self.open_gap = Some(gap);
            }
        }
        longest_ns
    }
}

/// Rows in, merged rows out.
pub(crate) struct Merge {
    /// In-time rows per thread, in their order.
    intervals: Vec<VecDeque<Row>>,
    windows: VecDeque<OpenWindow>,
    connections_open: Vec<u64>,
}

/// The rows of one snapshot, added up in the first tally; the others are empty but for reuse.
pub(crate) struct Merged {
    pub frame: Frame,
    pub sum: Box<Tally>,
    pub spent: Vec<Box<Tally>>,
}

impl Merge {
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            intervals: (0..threads).map(|_| VecDeque::new()).collect(),
            windows: VecDeque::new(),
            connections_open: vec![0; threads],
        }
    }

    pub(crate) fn push(&mut self, row: Row) {
        let threads = self.intervals.len();
        if self.windows.iter().all(|open| open.window != row.window) {
            self.windows.push_back(OpenWindow {
                window: row.window,
                in_flight: vec![0; threads],
                is_over: false,
                open_gap: None,
                stragglers: Vec::new(),
            });
        }
        match row.place {
            Place::Interval(_) => self.intervals[row.thread].push_back(row),
            Place::Stragglers => {
                if let Some(open) = self
                    .windows
                    .iter_mut()
                    .find(|open| open.window == row.window)
                {
                    open.stragglers.push(row);
                }
            }
        }
    }

    /// The next snapshot's rows, if they are complete.
    pub(crate) fn next(&mut self) -> Option<Merged> {
        self.next_stragglers().or_else(|| self.next_interval())
    }

    fn next_stragglers(&mut self) -> Option<Merged> {
        let open = self
            .windows
            .iter_mut()
            .find(|open| open.is_over && !open.stragglers.is_empty())?;
        let rows = std::mem::take(&mut open.stragglers);
        let window = open.window;
        self.merge(window, rows, true)
    }

    fn next_interval(&mut self) -> Option<Merged> {
        let mut first: Option<(u32, Place)> = None;
        for rows in &self.intervals {
            let head = rows.front()?;
            let key = (head.window, head.place);
            first = Some(first.map_or(key, |first| first.min(key)));
        }
        let (window, place) = first?;
        let mut rows = Vec::with_capacity(self.intervals.len());
        for waiting in &mut self.intervals {
            if waiting
                .front()
                .is_some_and(|row| (row.window, row.place) == (window, place))
            {
                rows.extend(waiting.pop_front());
            }
        }
        // A thread that had no row here has left the window before, or has a later row of it.
        let is_last = rows.iter().all(|row| row.is_last)
            && self
                .intervals
                .iter()
                .all(|rows| rows.front().is_none_or(|row| row.window != window));
        self.merge(window, rows, is_last)
    }

    fn merge(&mut self, window: u32, rows: Vec<Row>, window_over: bool) -> Option<Merged> {
        let position = self.windows.iter().position(|open| open.window == window)?;
        let open = &mut self.windows[position];
        let mut frame = Frame {
            window,
            start_ns: u64::MAX,
            end_ns: 0,
            window_over,
            in_flight: 0,
            connections_open: 0,
            longest_gap_ns: 0,
            load: SelfLoad::NONE,
        };
        let has_all_threads = rows.len() == open.in_flight.len();
        let is_stragglers = rows.iter().any(|row| row.place == Place::Stragglers);
        // What the rows have in common; the same as the frame when all threads were in time.
        let mut span = Gap {
            start_ns: 0,
            end_ns: u64::MAX,
        };
        let mut sum: Option<Box<Tally>> = None;
        let mut spent = Vec::new();
        for row in rows {
            frame.start_ns = frame.start_ns.min(row.start_ns);
            frame.end_ns = frame.end_ns.max(row.end_ns);
            span.start_ns = span.start_ns.max(row.start_ns);
            span.end_ns = span.end_ns.min(row.end_ns);
            frame.load = frame.load.worse(row.load);
            open.in_flight[row.thread] = row.in_flight;
            self.connections_open[row.thread] = row.connections_open;
            if let Some(sum) = &mut sum {
                sum.add(&row.tally);
                spent.push(row.tally);
            } else {
                sum = Some(row.tally);
            }
        }
        if is_stragglers {
            frame.start_ns = frame.end_ns;
        }
        frame.in_flight = open.in_flight.iter().sum();
        frame.connections_open = self.connections_open.iter().sum();
        if let Some(sum) = &mut sum {
            if !has_all_threads {
                // What the thread without a row did meanwhile comes in a row of another interval.
                sum.gaps.clear();
            }
            if !is_stragglers {
                frame.longest_gap_ns = open.longest_gap_ns(sum.gaps.in_order(), span);
            }
            sum.gaps.keep_longest(GAPS_PER_SNAPSHOT);
            sum.spread_whole();
        }
        open.is_over = window_over;
        if window_over && frame.in_flight == 0 {
            self.windows.remove(position);
        }
        sum.map(|sum| Merged { frame, sum, spent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(thread: usize, window: u32, interval: u64, is_last: bool, in_flight: u64) -> Row {
        let mut tally = Tally::new();
        tally.started = 10;
        tally.ok = 10 - in_flight;
        Row {
            thread,
            window,
            place: Place::Interval(interval),
            start_ns: 1000 * interval + thread as u64,
            end_ns: 1000 * (interval + 1) + thread as u64,
            is_last,
            in_flight,
            connections_open: 1,
            load: SelfLoad::NONE,
            tally,
        }
    }

    fn stragglers(thread: usize, window: u32, in_flight: u64) -> Row {
        let mut row = row(thread, window, 0, true, in_flight);
        row.place = Place::Stragglers;
        row.start_ns = row.end_ns;
        row.tally.started = 0;
        row
    }

    fn next(merge: &mut Merge) -> Option<(u32, u64, bool, u64)> {
        merge.next().map(|merged| {
            let Frame {
                window,
                window_over,
                in_flight,
                ..
            } = merged.frame;
            (window, merged.sum.started, window_over, in_flight)
        })
    }

    #[test]
    fn a_snapshot_waits_for_every_thread() {
        let mut merge = Merge::new(2);
        merge.push(row(0, 0, 0, false, 3));
        assert!(merge.next().is_none());
        merge.push(row(1, 0, 0, false, 4));
        let merged = merge.next().unwrap();
        assert_eq!((0, 1001), (merged.frame.start_ns, merged.frame.end_ns));
        assert_eq!(
            (7, 2),
            (merged.frame.in_flight, merged.frame.connections_open)
        );
        assert_eq!((20, 13), (merged.sum.started, merged.sum.ok));
        assert_eq!(1, merged.spent.len());
        assert!(merge.next().is_none());
    }

    #[test]
    fn a_thread_may_have_one_interval_more() {
        let mut merge = Merge::new(2);
        merge.push(row(0, 0, 0, true, 0));
        merge.push(row(0, 1, 0, false, 0));
        merge.push(row(1, 0, 0, false, 0));
        merge.push(row(1, 0, 1, true, 0));
        merge.push(row(1, 1, 0, false, 0));
        assert_eq!(Some((0, 20, false, 0)), next(&mut merge));
        assert_eq!(Some((0, 10, true, 0)), next(&mut merge));
        assert_eq!(Some((1, 20, false, 0)), next(&mut merge));
        assert_eq!(None, next(&mut merge));
    }

    #[test]
    fn stragglers_wait_for_the_end_of_their_window() {
        let mut merge = Merge::new(2);
        merge.push(row(0, 0, 0, true, 2));
        merge.push(stragglers(0, 0, 1));
        merge.push(stragglers(0, 0, 0));
        assert_eq!(None, next(&mut merge));
        merge.push(row(1, 0, 0, true, 5));
        merge.push(row(0, 1, 0, false, 0));
        merge.push(row(1, 1, 0, false, 0));
        assert_eq!(Some((0, 20, true, 7)), next(&mut merge));
        assert_eq!(Some((0, 0, true, 5)), next(&mut merge), "both in one");
        assert_eq!(Some((1, 20, false, 0)), next(&mut merge));
        merge.push(stragglers(1, 0, 0));
        assert_eq!(Some((0, 0, true, 0)), next(&mut merge));
        assert!(merge.windows.iter().all(|open| open.window == 1));
    }

    fn row_with_gap(thread: usize, interval: u64, start_ns: u64, end_ns: u64) -> Row {
        let mut row = row(thread, 0, interval, false, 0);
        row.start_ns = interval * 1_000_000_000;
        row.end_ns = (interval + 1) * 1_000_000_000;
        row.tally.gaps.push(Gap { start_ns, end_ns });
        row
    }

    fn next_gaps(merge: &mut Merge) -> (Vec<(u64, u64)>, u64) {
        let merged = merge.next().unwrap();
        let gaps = merged.sum.gaps.in_order().iter();
        let ends = gaps.map(|gap| (gap.start_ns, gap.end_ns)).collect();
        (ends, merged.frame.longest_gap_ns)
    }

    #[test]
    fn a_time_without_answers_is_cut_at_the_edge_and_measured_across_it() {
        const MS: u64 = 1_000_000;
        let mut merge = Merge::new(2);
        merge.push(row_with_gap(0, 0, 700 * MS, 1_000 * MS));
        merge.push(row_with_gap(1, 0, 800 * MS, 1_000 * MS));
        assert_eq!(
            (vec![(800 * MS, 1_000 * MS)], 200 * MS),
            next_gaps(&mut merge)
        );
        merge.push(row_with_gap(0, 1, 1_000 * MS, 2_000 * MS));
        merge.push(row_with_gap(1, 1, 1_000 * MS, 1_300 * MS));
        assert_eq!(
            (vec![(1_000 * MS, 1_300 * MS)], 500 * MS),
            next_gaps(&mut merge)
        );
        merge.push(row_with_gap(0, 2, 2_000 * MS, 2_500 * MS));
        merge.push(row(1, 0, 2, false, 0));
        assert_eq!((vec![], 0), next_gaps(&mut merge), "one thread alone");
    }

    #[test]
    fn an_answer_between_two_gaps_parts_them() {
        const MS: u64 = 1_000_000;
        let mut merge = Merge::new(1);
        let mut row = row_with_gap(0, 0, 100 * MS, 400 * MS);
        row.tally.gaps.push(Gap {
            start_ns: 400 * MS,
            end_ns: 600 * MS,
        });
        merge.push(row);
        assert_eq!(300 * MS, next_gaps(&mut merge).1);
    }

    #[test]
    fn a_thread_that_reports_later_leaves_no_gap() {
        const MS: u64 = 1_000_000;
        let mut merge = Merge::new(2);
        merge.push(row_with_gap(0, 0, 0, 900 * MS));
        merge.push(row_with_gap(1, 1, 0, 900 * MS));
        assert_eq!((vec![], 0), next_gaps(&mut merge));
    }
}
