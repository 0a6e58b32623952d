/**
 * The artifact client in a thread of its own (`artifact.ts` starts it): what it prints stays here, what it throws out
 * of an event handler ends this thread and not the run, and stopping it closes its connections.
 * JavaScript, because a thread is started from a file as it lies.
 */
import { accessSync, constants } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { DefaultArtifactClient } from '@actions/artifact';

/** `-2` to this: as many as a matrix can have jobs, and some more. */
const MOST_NAMES = 300;

/** What the client warns of: a file that vanished, a retention that was cut to what the repository allows. */
const warnings = [];
process.stdout.write = (text) => {
  const [, warning] = /^::(?:warning|error)::(.*)/.exec(String(text)) ?? [];
  if (warning !== undefined) warnings.push(decodeData(warning));
  return true;
};

/** Commands carry `%`, CR and LF encoded. */
function decodeData(text) {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

/** The client flattens every answer into a message, so that this is all there is to tell a name that is taken. */
function isNameTaken(error) {
  return /^Failed to (?:Create|Finalize)Artifact: .*\(409\)/.test(error.message);
}

async function upload({ name, folder, files, retentionDays }) {
  // Of a file that it cannot read the client only says that something went wrong.
  for (const file of files) accessSync(file, constants.R_OK);
  const client = new DefaultArtifactClient();
  const options = retentionDays === null ? {} : { retentionDays };
  for (let number = 1; number <= MOST_NAMES; number += 1) {
    const tried = number === 1 ? name : `${name}-${number}`;
    try {
      const { id } = await client.uploadArtifact(tried, files, folder, options);
      return { kind: 'uploaded', name: tried, id: String(id), warnings };
    } catch (error) {
      if (!isNameTaken(error)) throw error;
    }
  }
  throw new Error(`the name ${name} is taken, and so are ${name}-2 to ${name}-${MOST_NAMES}`);
}

function reasonOf(error) {
  return error.name === 'GHESNotSupportedError'
    ? `${process.env.GITHUB_SERVER_URL} is taken for a GitHub Enterprise Server, where this artifact service is not offered`
    : error.message;
}

parentPort.postMessage(
  await upload(workerData).catch((error) => ({ kind: 'refused', reason: reasonOf(error), warnings })),
);
