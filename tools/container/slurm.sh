#!/bin/bash
# Allpa on Slurm: a Dask scheduler, its workers, and the job, in one allocation.
#
#   sbatch --nodes 10 tools/container/slurm.sh /shared/peru/job.json
#
# job.json has "tiles": "separately" and a folder that all nodes share; its key "dask" is given here. ALLPA is the
# environment in which allpa-engine[cluster] is installed, seen by all nodes. A job that Slurm stopped goes on with the
# finished tiles when it is submitted again, and --requeue does that by itself.
#SBATCH --job-name=allpa
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --mem-per-cpu=1G
#SBATCH --time=24:00:00
#SBATCH --requeue
set -euo pipefail

job=${1:?the path of job.json}
bin=${ALLPA:-$HOME/allpa}/bin
port=$((20000 + SLURM_JOB_ID % 20000))
scheduler=tls://$(hostname):$port

# Dask runs the programs that its clients send, and nodes are shared: certificates keep others out. They live as long as
# the job, in a folder that only its owner reads.
tls=$(mktemp -d "$PWD/.allpa-tls-XXXXXX")
trap 'rm -rf "$tls"' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 3 -subj /CN=allpa -keyout "$tls/key.pem" -out "$tls/cert.pem" 2>/dev/null
export DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=true DASK_DISTRIBUTED__COMM__TLS__CA_FILE=$tls/cert.pem
for member in SCHEDULER WORKER CLIENT; do
  export "DASK_DISTRIBUTED__COMM__TLS__${member}__CERT=$tls/cert.pem" "DASK_DISTRIBUTED__COMM__TLS__${member}__KEY=$tls/key.pem"
done
export DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=20

"$bin/dask" scheduler --protocol tls --port "$port" --no-dashboard &
srun --overlap "$bin/dask" worker "$scheduler" --nthreads 1 --memory-limit 0 --no-dashboard \
  --local-directory "${TMPDIR:-/tmp}" \
  --resources "allpa_memory_mb=$((SLURM_CPUS_PER_TASK * 1000 - 1000)) allpa_threads=$SLURM_CPUS_PER_TASK" &
"$bin/allpa" run "$job" --dask "$scheduler"
kill %2 %1
