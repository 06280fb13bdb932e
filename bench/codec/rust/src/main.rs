//! Measures rmp-serde on the structs of the benchmark: `rmp-bench STRUCT CODEC OP`
//! prints the nanoseconds of one call, the least of many short rounds. CODEC is
//! tuple or map; OP is encode-fresh, encode-reused or decode.

use serde::{de::DeserializeOwned, Deserialize, Serialize};
use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

#[derive(Serialize, Deserialize)]
struct BenchTask {
    data: String,
}

#[derive(Serialize, Deserialize)]
struct SmallTask {
    id: String,
    data: String,
}

#[derive(Serialize, Deserialize)]
struct MediumTask {
    id: String,
    data: String,
    metadata: HashMap<String, String>,
    payload: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct LargeTask {
    id: String,
    data: String,
    metadata: HashMap<String, String>,
    payload: Vec<u8>,
    complex_data: HashMap<String, Vec<String>>,
}

fn bench() -> BenchTask {
    BenchTask { data: "benchmark data".into() }
}

fn small() -> SmallTask {
    SmallTask { id: "bench_task_001".into(), data: "Simple benchmark data".into() }
}

fn medium() -> MediumTask {
    let metadata = [("priority", "high"), ("category", "processing"), ("source", "benchmark")];
    MediumTask {
        id: "bench_task_002".into(),
        data: "Medium complexity benchmark data with additional fields".into(),
        metadata: metadata.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        payload: vec![0; 1024],
    }
}

fn large() -> LargeTask {
    LargeTask {
        id: "bench_task_003".into(),
        data: "Large complex benchmark data with nested structures and significant payload".into(),
        metadata: (0..50).map(|i| (format!("key_{i}"), format!("value_{i}"))).collect(),
        payload: vec![0; 10240],
        complex_data: (0..10)
            .map(|i| (format!("dataset_{i}"), (0..20).map(|j| format!("item_{i}_{j}")).collect()))
            .collect(),
    }
}

/// The least time of one call, over rounds of half a millisecond.
fn least(mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    call();
    let once = start.elapsed().max(Duration::from_nanos(20));
    let calls = (Duration::from_micros(500).as_nanos() / once.as_nanos()).clamp(1, 50_000) as u32;
    let mut best = f64::MAX;
    for _ in 0..60 {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(calls));
    }
    best
}

fn measure<T: Serialize + DeserializeOwned>(task: T, codec: &str, op: &str) -> f64 {
    let encode = |task: &T| match codec {
        "map" => rmp_serde::to_vec_named(task).unwrap(),
        _ => rmp_serde::to_vec(task).unwrap(),
    };
    let data = encode(&task);
    let mut buffer = Vec::with_capacity(2 * data.len());
    match (op, codec) {
        ("decode", _) => least(|| drop(black_box(rmp_serde::from_slice::<T>(black_box(&data)).unwrap()))),
        ("encode-reused", "map") => least(|| {
            buffer.clear();
            let mut serializer = rmp_serde::Serializer::new(&mut buffer).with_struct_map();
            black_box(&task).serialize(&mut serializer).unwrap();
        }),
        ("encode-reused", _) => least(|| {
            buffer.clear();
            black_box(&task).serialize(&mut rmp_serde::Serializer::new(&mut buffer)).unwrap();
        }),
        _ => least(|| drop(black_box(encode(black_box(&task))))),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, codec, op] = &args[..] else { panic!("usage: rmp-bench STRUCT CODEC OP") };
    let ns = match name.as_str() {
        "BenchTask" => measure(bench(), codec, op),
        "SmallTask" => measure(small(), codec, op),
        "MediumTask" => measure(medium(), codec, op),
        "LargeTask" => measure(large(), codec, op),
        other => panic!("no struct {other}"),
    };
    println!("{ns:.2}");
}
