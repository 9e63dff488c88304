/** SFTP version 3 (draft-ietf-secsh-filexfer-02) as far as cabinets, monitors and witnesses speak it: a packet is a length of 4 bytes, a type, and what belongs to it. */

/** SSH_FXP_INIT, version 3: what a client says first. */
export const opening: Buffer = Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3]);

export const requests = {
  open: 3,
  close: 4,
  write: 6,
  setstat: 9,
  fsetstat: 10,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  stat: 17,
  rename: 18,
  symlink: 20,
  extended: 200,
};
export const answers = { version: 2, status: 101, handle: 102, extended: 201 };
/** In pflags of an OPEN. */
export const pflags = { write: 0x02, create: 0x08, truncate: 0x10 };
