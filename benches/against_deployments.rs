//! The same work by Berth and by bare Deployments, on one test bed in one run, and then rest.
//!
//! `make bench`; with `--help` it tells what can be chosen.

mod campaign;

use std::time::Duration;

use anyhow::{Result, ensure};
use campaign::machine::usage;
use campaign::operator::{Operator, Samples, difference, samples, sum};
use campaign::work::{Size, by_berth, by_deployments, events, until_steady};
use campaign::{bed, crash, rest};
use clap::Parser;
use testbed::Bed;

/// Measures Berth beside bare Deployments.
#[derive(Debug, Parser)]
struct Arguments {
    /// Services, and Deployments.
    #[arg(long, default_value_t = 500)]
    services: usize,
    /// Tasks of each.
    #[arg(long, default_value_t = 4)]
    tasks: usize,
    /// Simulated nodes.
    #[arg(long, default_value_t = 500)]
    nodes: usize,
    /// How often each does the work; they take turns at who begins.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// Seconds to look on at rest.
    #[arg(long, default_value_t = 20)]
    rest: u64,
    /// Services that crash all the time, after that.
    #[arg(long, default_value_t = 0)]
    crashing: usize,
    /// Seconds to look on at them.
    #[arg(long, default_value_t = 600)]
    crash_time: u64,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The processes of the control plane, whose work is part of the price.
const PLANE: [&str; 5] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"];

/// What one side needed for the work.
#[derive(Clone, Debug, Default)]
struct Figures {
    seconds: f64,
    /// Processor seconds by process.
    cpu: Vec<(&'static str, f64)>,
    /// Requests that the API server counted, by verb.
    requests: Samples,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let size = Size { services: arguments.services, tasks: arguments.tasks };
    println!("{} services × {} tasks on {} nodes", size.services, size.tasks, arguments.nodes);
    let bed = bed::start(arguments.nodes).await?;
    let operator = Operator::start(&bed).await?;
    let (mut berth, mut deployments) = (Vec::new(), Vec::new());
    for round in 0..arguments.rounds {
        let first = round % 2 == 0;
        for berths_turn in [first, !first] {
            let namespace = format!("{}-{round}", if berths_turn { "berth" } else { "deployments" });
            bed::create_namespace(&bed, &namespace).await?;
            if berths_turn {
                let last = round + 1 == arguments.rounds;
                let rest = last.then(|| Duration::from_secs(arguments.rest));
                berth.push(one_of_berth(&bed, &operator, &namespace, size, rest).await?);
            } else {
                deployments.push(one_of_deployments(&bed, &operator, &namespace, size).await?);
            }
            bed::delete_namespace(&bed, &namespace).await?;
        }
    }
    compare(&berth, &deployments);
    if arguments.crashing > 0 {
        crashes(&bed, &operator, arguments.crashing, Duration::from_secs(arguments.crash_time)).await?;
    }
    bed.stop().await
}

async fn one_of_berth(
    bed: &Bed,
    operator: &Operator,
    namespace: &str,
    size: Size,
    rest_time: Option<Duration>,
) -> Result<Figures> {
    let client = bed.client()?;
    let (writes, notices) = (operator.writes().await?, operator.samples("berth_notices_total").await?);
    let begin = Mark::take(bed, operator).await?;
    let time = by_berth(&client, namespace, size).await?;
    let figures = begin.until_now(bed, operator, time).await?;
    show("Berth", &figures);
    until_steady(&client, namespace).await?;
    rest::settle(operator).await?;
    let written = difference(&writes, &operator.writes().await?);
    println!("  writes by Berth, until all was steady:");
    written.iter().for_each(|(labels, count)| println!("    {labels} {count}"));
    let events = events(&client, namespace).await?;
    let told: usize = events.iter().map(|(_, count)| count).sum();
    let services = size.services.max(1) as f64;
    println!(
        "  per service: {:.2} status writes, {:.2} events (most: {:?}); notices: {:?}",
        sum(&written, r#"kind="Service",verb="status""#) / services,
        told as f64 / services,
        events.first(),
        difference(&notices, &operator.samples("berth_notices_total").await?),
    );
    let used = operator.usage()?;
    println!("  memory with {} tasks: {:.0} MiB (at most {:.0})", size.pods(), used.rss, used.peak);
    if let Some(time) = rest_time {
        let before = operator.usage()?;
        let unrest = rest::watch(&client, namespace, operator, time).await?;
        let cpu = operator.usage()?.cpu - before.cpu;
        println!("  {} s of rest: {:.2} s of processor time; {unrest:?}", time.as_secs(), cpu);
        ensure!(unrest.is_none(), "something was written at rest");
    }
    Ok(figures)
}

async fn one_of_deployments(bed: &Bed, operator: &Operator, namespace: &str, size: Size) -> Result<Figures> {
    let begin = Mark::take(bed, operator).await?;
    let time = by_deployments(&bed.client()?, namespace, size).await?;
    let figures = begin.until_now(bed, operator, time).await?;
    show("Deployments", &figures);
    Ok(figures)
}

/// Where all counters stood at the beginning.
struct Mark {
    cpu: Vec<(&'static str, f64)>,
    requests: Samples,
}

impl Mark {
    async fn take(bed: &Bed, operator: &Operator) -> Result<Self> {
        let mut cpu = vec![("berth", operator.usage()?.cpu)];
        for name in PLANE {
            cpu.extend(bed.plane().processes.pid(name).and_then(|pid| Some((name, usage(pid).ok()?.cpu))));
        }
        Ok(Self { cpu, requests: requests(bed).await? })
    }

    async fn until_now(self, bed: &Bed, operator: &Operator, time: Duration) -> Result<Figures> {
        let now = Self::take(bed, operator).await?;
        let cpu = self.cpu.iter().zip(&now.cpu).map(|((name, then), (_, now))| (*name, now - then)).collect();
        Ok(Figures { seconds: time.as_secs_f64(), cpu, requests: difference(&self.requests, &now.requests) })
    }
}

/// Requests that the API server has counted, by verb.
async fn requests(bed: &Bed) -> Result<Samples> {
    let text = bed.client()?.request_text(http::Request::get("/metrics").body(Vec::new())?).await?;
    let mut verbs = Samples::new();
    for (labels, count) in samples(&text, "apiserver_request_total") {
        let verb = labels.split_once("verb=\"").and_then(|(_, rest)| rest.split_once('"'));
        // Leases are there for the nodes' heartbeats.
        if let Some((verb, _)) = verb.filter(|_| !labels.contains(r#"resource="leases""#)) {
            *verbs.entry(verb.to_owned()).or_default() += count;
        }
    }
    Ok(verbs)
}

fn show(who: &str, figures: &Figures) {
    let all: f64 = figures.cpu.iter().map(|(_, seconds)| seconds).sum();
    println!("{who}: all running after {:.1} s; {all:.1} s of processor time", figures.seconds);
    let parts: Vec<String> = figures.cpu.iter().map(|(name, cpu)| format!("{name} {cpu:.1}")).collect();
    println!("  of that: {}", parts.join(", "));
    let verbs: Vec<String> = figures.requests.iter().map(|(verb, count)| format!("{verb} {count}")).collect();
    println!("  requests to the API server: {}", verbs.join(", "));
}

fn compare(berth: &[Figures], deployments: &[Figures]) {
    let ratio = |of: fn(&Figures) -> f64| {
        let sum = |all: &[Figures]| all.iter().map(of).sum::<f64>();
        sum(berth) / sum(deployments)
    };
    let cpu = |figures: &Figures| figures.cpu.iter().map(|(_, seconds)| seconds).sum();
    println!("time until all tasks run, Berth to Deployments: {:.2}×", ratio(|figures| figures.seconds));
    println!("processor time of everything on the bed: {:.2}×", ratio(cpu));
}

async fn crashes(bed: &Bed, operator: &Operator, services: usize, time: Duration) -> Result<()> {
    let client = bed.client()?;
    bed::create_namespace(bed, "crash").await?;
    let before = operator.usage()?;
    let tasks = crash::run(&client, "crash", services, time).await?;
    let after = operator.usage()?;
    let launches: Vec<usize> = tasks.values().map(std::collections::BTreeMap::len).collect();
    println!(
        "{services} services crashed for {} s: at most {} launches each of {} permitted; {:.1} s of processor time, \
         memory {:.0} → {:.0} MiB",
        time.as_secs(),
        launches.iter().max().unwrap_or(&0),
        crash::launches_permitted(time),
        after.cpu - before.cpu,
        before.rss,
        after.rss,
    );
    crash::check(&tasks, services, time)
}
