/*
 * Chained HotStuff as src/node/consensus/hotstuff has it: four validators, one of them faulty, VIEWS views. What is
 * checked is agreement: of two final blocks, one is an ancestor of the other.
 *
 * The adversary may do more than any real one. It leads every view and proposes up to two blocks there, each on any
 * certified block it likes, so that no timeout certificate limits it. The faulty validator's vote is in every
 * certificate that needs it. An honest validator votes or not as messages reach it, and learns of no certificate but
 * those of the blocks that it votes for: whatever else it learned would only raise its lock.
 *
 * Views are played in order, all votes of one before the proposals of the next. Nothing is lost by that: a proposal
 * depends on certificates of lower views, a vote on the voter's own votes in lower views, and honest validators never
 * vote in a lower view than before. So every run has one of these with the same votes.
 *
 * What is kept of a view is which of its blocks are certified and what everybody is locked on. Rules are taken out by
 * defining NO_LOCK, WEAK_QUORUM, VOTE_TWICE or OVER_GAPS; run.ts shows that agreement is lost without each of them.
 */

#ifndef VIEWS
#define VIEWS 3
#endif

#define HONEST 3
#define BLOCKS (2 * VIEWS + 1)
/* Block 0 is genesis; blocks 2v - 1 and 2v are of view v. */
#define VIEW(b) (((b) + 1) / 2)
#define NONE 255

#ifdef WEAK_QUORUM
#define QUORUM 2
#else
#define QUORUM 3
#endif

/* Of a certified block; NONE for one that does not exist or has no certificate. */
byte parent[BLOCKS];
/* View of the block that each honest validator is locked on. */
byte locked[HONEST];

/* Of the view that is played; cleared at its end, so that states differ only in what counts later. */
byte proposed[2];
byte votes[2];
bool voted;

/* Any certified block of an earlier view, from block `from` on. */
inline choose_parent(slot, from) {
  base = from;
  do
  :: base + 1 < 2 * view - 1 -> base++
  :: break
  od;
  if
  :: from != NONE && (base == 0 || parent[base] != NONE) -> proposed[slot] = base
  :: else -> proposed[slot] = NONE
  fi;
  base = 0
}

#ifdef NO_LOCK
#define SAFE(h, slot) (proposed[slot] != NONE)
#else
/* safeNode: the block goes on from a certificate that is no older than the lock. */
#define SAFE(h, slot) (proposed[slot] != NONE && VIEW(proposed[slot]) >= locked[h])
#endif

inline vote(h, slot) {
  d_step {
    votes[slot]++;
    /* The certificate that the block carries locks the parent of the block that it is of. */
    if
    :: proposed[slot] != 0 && VIEW(parent[proposed[slot]]) > locked[h] -> locked[h] = VIEW(parent[proposed[slot]])
    :: else
    fi;
    printf("view %d: a validator locked on view %d votes for the block on %d\n", view, locked[h], proposed[slot])
  }
}

inline certify(slot) {
  if
  :: proposed[slot] != NONE && votes[slot] + 1 >= QUORUM ->
    /* The first certified block of a view has the lower number, whichever was proposed first. */
    tip = 2 * view - 1 + (parent[2 * view - 1] != NONE);
    parent[tip] = proposed[slot];
    printf("view %d: block %d on block %d is certified\n", view, tip, proposed[slot])
  :: else
  fi;
  proposed[slot] = NONE;
  votes[slot] = 0
}

/* Honest validators differ in their locks alone: in ascending order, states that differ in names are one. */
inline sort(i, j) {
  if
  :: locked[i] > locked[j] -> tip = locked[i]; locked[i] = locked[j]; locked[j] = tip
  :: else
  fi
}

#ifdef OVER_GAPS
#define FOLLOWS(b, p) (VIEW(b) > VIEW(p))
#else
#define FOLLOWS(b, p) (VIEW(b) == VIEW(p) + 1)
#endif

/* Three certified blocks, each the parent of the next, in views without a gap: the first is final. */
inline find_final(end, found) {
  found = NONE;
  if
  :: parent[end] != NONE && parent[end] != 0 ->
    mid = parent[end];
    if
    :: parent[mid] != 0 && FOLLOWS(end, mid) && FOLLOWS(mid, parent[mid]) -> found = parent[mid]
    :: else
    fi
  :: else
  fi;
  mid = 0
}

hidden byte tip;
hidden byte one;
hidden byte two;
hidden byte first;
hidden byte second;
hidden byte walk;
hidden byte mid;

inline agree() {
  d_step {
    for (one : 1 .. BLOCKS - 1) {
      find_final(one, first);
      for (two : 1 .. BLOCKS - 1) {
        find_final(two, second);
        if
        :: first != NONE && second != NONE && first < second ->
          walk = second;
          do
          :: walk > first -> walk = parent[walk]
          :: else -> break
          od;
          assert(walk == first)
        :: else
        fi
      }
    }
    /* Spin wants no loop at the end of a d_step. */
    one = 0
  }
}

init {
  byte view = 1;
  byte base = 0;
  byte h = 0;
  d_step {
    for (base : 1 .. BLOCKS - 1) { parent[base] = NONE }
    base = 0;
    proposed[0] = NONE;
    proposed[1] = NONE
  }
  do
  :: view <= VIEWS ->
    choose_parent(0, 0);
    /* Two blocks of a view differ in their parents alone, so the order in which they come counts for nothing. */
    choose_parent(1, proposed[0]);
    h = 0;
    do
    :: h < HONEST ->
      if
      :: SAFE(h, 0) -> vote(h, 0); voted = true
      :: voted = false
      fi;
      if
#ifdef VOTE_TWICE
      :: SAFE(h, 1) -> vote(h, 1)
#else
      :: !voted && SAFE(h, 1) -> vote(h, 1)
#endif
      :: true
      fi;
      voted = false;
      h++
    :: else -> break
    od;
    h = 0;
    d_step {
      certify(0);
      certify(1);
      sort(0, 1);
      sort(1, 2);
      sort(0, 1);
      view++
    }
    agree()
  :: else -> break
  od
}
