/* a */ export /* b */ const /* c */ options /* d */ = /* e */ { // f
  /* g */ vus /* h */ : /* i */ 5 /* j */, duration: /* k */ '1m' /* l */,
} /* m */ ; // n
export default function () {}
