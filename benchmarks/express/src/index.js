'use strict';

// One HTTP worker per core, and one process that consumes the jobs, so that jobs never hold up a request.

const cluster = require('node:cluster');
const os = require('node:os');

const WORKERS = Number(process.env.WEB_CONCURRENCY) || os.availableParallelism();
const ROLES = [...Array(WORKERS).fill('http'), 'jobs'];

function start(role) {
  cluster.fork({ ROLE: role }).role = role;
}

if (cluster.isPrimary) {
  let stopping = false;
  ROLES.forEach(start);
  cluster.on('exit', (worker, code) => {
    if (stopping) return;
    console.error(`${worker.role} worker ${worker.process.pid} exited with ${code}; starting another`);
    start(worker.role);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      stopping = true;
      Object.values(cluster.workers).forEach((worker) => worker.kill(signal));
    });
  }
} else if (process.env.ROLE === 'jobs') {
  require('./jobs').consume();
} else {
  const port = Number(process.env.PORT) || 3000;
  require('./app').listen(port, () => console.log(`worker ${process.pid} listens on ${port}`));
}
