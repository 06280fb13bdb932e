// BullMQ under the scenarios of bench: node bench.mjs URL TASKS BYTES. It writes a
// line of a metric and a number for each.
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

const [url, count, bytes] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const connection = new Redis(url, { maxRetriesPerRequest: null });
const data = { d: 'x'.repeat(bytes - 8) };
const options = { removeOnComplete: true, removeOnFail: true };
const seconds = (start) => Number(process.hrtime.bigint() - start) / 1e9;
const tell = (metric, value) => console.log(metric, value);

const queue = new Queue('bench', { connection });
await queue.waitUntilReady();

async function enqueue(callers, n) {
  let next = 0;
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: callers }, async () => {
    while (next++ < n) await queue.add('noop', data, options);
  }));
  return n / seconds(start);
}

async function bulk(n) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < n; i += 1000) {
    await queue.addBulk(Array.from({ length: Math.min(1000, n - i) }, () => ({ name: 'noop', data, opts: options })));
  }
  return n / seconds(start);
}

async function drain(concurrency, n) {
  let ran = 0;
  const start = process.hrtime.bigint();
  let worker;
  const elapsed = await new Promise((resolve) => {
    worker = new Worker('bench', async () => { if (++ran === n) resolve(seconds(start)); }, { connection, concurrency });
  });
  await worker.close();
  return n / elapsed;
}

async function latency(rate, n) {
  const waits = [];
  let over;
  const all = new Promise((resolve) => { over = resolve; });
  const worker = new Worker('bench', async (job) => {
    waits.push(Number(process.hrtime.bigint() - BigInt(job.data.at)) / 1e6);
    if (waits.length === n) over();
  }, { connection, concurrency: 10 });
  await worker.waitUntilReady();
  for (let i = 0; i < n; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1000 / rate));
    await queue.add('noop', { at: String(process.hrtime.bigint()), d: 'x'.repeat(bytes - 30) }, options);
  }
  await all;
  await worker.close();
  return waits.sort((a, b) => a - b);
}

tell('enqueue_1_per_s', await enqueue(1, Math.min(count, 5000)));
await queue.obliterate({ force: true });
tell('enqueue_16_per_s', await enqueue(16, count));
await queue.obliterate({ force: true });
tell('enqueue_batch1000_per_s', await bulk(count));
tell('drain_c10_per_s', await drain(10, count));
await bulk(count);
tell('drain_c100_per_s', await drain(100, count));
const waits = await latency(100, 300);
tell('latency_p50_ms', waits[150]);
tell('latency_p99_ms', waits[297]);
await queue.close();
process.exit(0);
