"use client";

import { useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { createContext, useCallback, useContext, useState, type ReactNode } from "react";
import { ApiError } from "@/shared/api/client";
import { meQuery, type Me } from "./me";

// Seldom needed, and its form weighs more than the rest of a page.
const StepUpWindow = dynamic(() => import("./step-up-window").then((found) => found.StepUpWindow));

type Guard = <T>(act: () => Promise<T>) => Promise<T>;
type Waiting = { go: () => void; stop: (why: unknown) => void; me: Me | null };

const Context = createContext<Guard | null>(null);

/**
 * For dangerous acts: `const guard = useStepUp(); mutationFn: () => guard(() => client.DELETE(…))`. When the API wants
 * a fresh proof, a window asks for it and the act goes on.
 */
export function useStepUp(): Guard {
  const guard = useContext(Context);
  if (!guard) throw new Error("no StepUpProvider above");
  return guard;
}

export function StepUpProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const guard = useCallback<Guard>(
    async (act) => {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== "auth.step_up_needed") throw error;
        const me = await queries.ensureQueryData(meQuery);
        await new Promise<void>((go, stop) => setWaiting({ go, stop: () => stop(error), me }));
        return act();
      }
    },
    [queries],
  );
  function end(proved: boolean) {
    if (proved) waiting?.go();
    else waiting?.stop(null);
    setWaiting(null);
  }
  return (
    <Context value={guard}>
      {children}
      {waiting && <StepUpWindow me={waiting.me} onEnd={end} />}
    </Context>
  );
}
